import { SharedInformerFactory } from 'kube-informer';
import { ApiServer } from 'kube-informer/testing';
import { describe, expect, it } from 'vitest';
import { configMap, configMaps } from './s000-world.ts';

const rate = 100;
const seconds = 1.5;
const rounds = 4;

describe('S001-04 from server to handler', () => {
  // A time that is measured, on the clock of the machine. What else runs here may spoil one round, not all of them.
  it('takes less than 50 ms for 99 of 100 events, at a hundred events a second', { timeout: 30_000 }, async () => {
    await using server = await ApiServer.start();
    await using factory = new SharedInformerFactory(server.kubeConfig());
    server.create(configMap('clock', '0'));
    const informer = factory.forResource(configMaps);
    const sent = new Map<string, number>();
    const heard = new Map<string, number>();
    informer.addEventHandler({
      onUpdate: (_old, { data }) => void heard.set(data?.value ?? '', performance.now() - sent.get(data?.value ?? '')!),
    });
    factory.start();
    await factory.waitForCacheSync();

    const results: number[] = [];
    for (let round = 0; round < rounds && !(results.at(-1)! < 50); round++) {
      sent.clear();
      heard.clear();
      await new Promise<void>((resolve) => {
        const timer = setInterval(() => {
          if (sent.size === rate * seconds) {
            if (heard.size < sent.size) return;
            clearInterval(timer);
            resolve();
            return;
          }
          const value = `${round}-${sent.size}`;
          sent.set(value, performance.now());
          server.patchObject(configMaps, 'shop', 'clock', { data: { value } });
        }, 1000 / rate);
      });
      const sorted = [...heard.values()].sort((a, b) => a - b);
      const [median, p99] = [0.5, 0.99].map((part) => sorted[Math.ceil(part * sorted.length) - 1]!);
      console.log(
        `round ${round + 1}: ${sorted.length} events, median ${median!.toFixed(1)} ms, p99 ${p99!.toFixed(1)} ms`,
      );
      results.push(p99!);
    }
    expect(results.at(-1)).toBeLessThan(50);
  });
});
