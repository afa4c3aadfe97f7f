/** Run by Deno: reads shaders as JSON from standard input and prints which of them Naga refuses. */

const shaders = JSON.parse(await new Response(Deno.stdin.readable).text());
const adapter = await navigator.gpu?.requestAdapter();
const refused = [];
if (adapter) {
  const optional = ['shader-f16', 'subgroups'].filter((name) => adapter.features.has(name));
  const device = await adapter.requestDevice({ requiredFeatures: optional });
  for (const { name, code, features } of shaders) {
    if (!features.every((feature) => device.features.has(feature))) continue;
    device.pushErrorScope('validation');
    device.createShaderModule({ code });
    const error = await device.popErrorScope();
    if (error) refused.push({ name, message: error.message });
  }
}
console.log(JSON.stringify({ adapter: adapter?.info.description, refused }));
