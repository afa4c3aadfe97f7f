/** After the first run a session makes no GPU object; after dispose it holds no GPU memory. */

import { describe, expect, it, vi } from 'vitest';
import { sizeOf } from '../../src/core/shape.ts';
import { elementsOf } from '../../src/core/tensor.ts';
import { InferenceSession, Tensor } from '../../src/index.ts';
import { countingDevice } from '../support/counting-device.ts';
import { uniform } from '../support/random.ts';
import { hasShared, sharedFile } from '../support/shared-file.ts';

const dims = [1, 3, 227, 227];

describe.skipIf(!hasShared)('SqueezeNet on a counting device', () => {
  it('makes no GPU object in 100 runs after the first, and gives all memory back', async () => {
    const counting = await countingDevice();
    const session = await InferenceSession.create(
      await sharedFile('models/squeezenet1.1/model.onnx'),
      { gpu: { device: counting.device, ceiling: 'assume' } },
    );
    const input = new Tensor('float32', elementsOf(uniform(dims, 3, { scale: 100 })), dims);
    const feeds = { [session.inputNames[0] as string]: input };
    const first = await session.run(feeds);
    expect(counting.counts.createBuffer).toBeGreaterThan(0); // the counter sees what is made
    counting.reset();
    for (let run = 0; run < 100; run++) {
      const again = await session.run(feeds);
      if (run === 99) {
        const name = session.outputNames[0] as string;
        expect(again[name]?.data).toEqual(first[name]?.data);
      }
    }
    expect(counting.made()).toEqual({});
    // With input and output on the GPU, too, and without a copy.
    const buffer = counting.device.createBuffer({
      size: sizeOf(dims) * 4 + 4,
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
    });
    counting.device.queue.writeBuffer(buffer, 0, input.data as Float32Array<ArrayBuffer>);
    const onGpu = Tensor.fromGpuBuffer(buffer, { dataType: 'float32', dims });
    const shared = { [session.inputNames[0] as string]: onGpu };
    await session.run(shared, { location: 'gpu-buffer' });
    counting.reset();
    const copy = vi.spyOn(GPUCommandEncoder.prototype, 'copyBufferToBuffer');
    const submit = vi.spyOn(GPUQueue.prototype, 'submit');
    let kept: Record<string, Tensor> = {};
    for (let run = 0; run < 5; run++) kept = await session.run(shared, { location: 'gpu-buffer' });
    expect(counting.made()).toEqual({});
    expect(copy).not.toHaveBeenCalled();
    expect(submit).toHaveBeenCalledTimes(5);
    const name = session.outputNames[0] as string;
    expect(await kept[name]?.getData()).toEqual(first[name]?.data);
    buffer.destroy();
    vi.restoreAllMocks();
    await session.dispose();
    expect(counting.liveBytes()).toBe(0);
  });
});
