import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest';
import { Signals } from '../../../src/informer/signals.ts';
import { KubeInformerError } from '../../../src/runtime/index.ts';

const failed = (code: 'HandlerFailed' | 'IndexFailed', cause?: unknown) =>
  new KubeInformerError(code, 'a handler failed', { hint: 'Mend it.', cause });

describe('errors that nobody listens to', () => {
  let warn: MockInstance<typeof process.emitWarning>;
  beforeEach(() => {
    warn = vi.spyOn(process, 'emitWarning').mockReturnValue(undefined);
  });
  afterEach(() => warn.mockRestore());

  it('become a warning with their cause and hint: the first of each code', () => {
    const signals = new Signals('v1/pods');
    for (let count = 0; count < 3; count++) signals.emit('error', failed('HandlerFailed', new Error('no such thing')));
    signals.emit('error', failed('IndexFailed'));
    expect(warn.mock.calls).toEqual([
      [
        'a handler failed: no such thing',
        { type: 'KubeInformerWarning', code: 'HandlerFailed', detail: expect.stringMatching(/^Mend it\.\n.*v1\/pods/) },
      ],
      ['a handler failed', expect.objectContaining({ code: 'IndexFailed' })],
    ]);
  });

  it('are quiet while somebody listens, and warn again after that', () => {
    const signals = new Signals('v1/pods');
    const heard: string[] = [];
    const off = signals.on('error', ({ code }) => heard.push(code));
    signals.emit('error', failed('HandlerFailed'));
    expect(warn).not.toHaveBeenCalled();
    off();
    signals.emit('error', failed('HandlerFailed'));
    expect(heard).toEqual(['HandlerFailed']);
    expect(warn).toHaveBeenCalledTimes(1);
  });
});
