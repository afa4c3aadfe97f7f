/**
 * A build plugin for a library whose one class does more than is asked of it: methods that nobody
 * calls go, which no bundler can know, and with them what only they need.
 */
import { readFileSync } from 'node:fs';
import MagicString from 'magic-string';
import { parseAst } from 'vite';

/**
 * @param library end of the module's path
 * @param name of its class
 * @param user path of the one module that uses it
 */
export function calledMethods(library: string, name: string, user: string) {
  return {
    name: 'called-methods',
    transform(code: string, id: string) {
      if (!id.endsWith(library)) return null;
      const { text, map } = keepCalled(code, name, readFileSync(user, 'utf8'));
      return { code: text, map };
    },
  };
}

interface Method {
  readonly start: number;
  readonly end: number;
  readonly key: { readonly name?: string };
}

interface Statement {
  readonly type: string;
  readonly declaration?: {
    readonly id?: { readonly name: string };
    readonly body: { body: Method[] };
  };
}

/** The module without the methods of its exported class that neither `user` nor those it calls name. */
export function keepCalled(code: string, className: string, user: string) {
  const statements = parseAst(code).body as unknown as Statement[];
  const exported = statements.find(({ declaration }) => declaration?.id?.name === className);
  if (!exported?.declaration) throw new Error(`there is no class ${className}`);
  const methods = exported.declaration.body.body;
  const kept = new Set<Method>();
  const keep = (text: string): void => {
    for (const method of methods) {
      const { name = '' } = method.key;
      if (kept.has(method) || !(name === 'constructor' || text.includes(`.${name}(`))) continue;
      kept.add(method);
      keep(code.slice(method.start, method.end));
    }
  };
  keep(user);
  const edited = new MagicString(code);
  for (const method of methods) if (!kept.has(method)) edited.remove(method.start, method.end);
  return { text: edited.toString(), map: edited.generateMap({ hires: 'boundary' }) };
}
