import { describe, expect, it } from 'vitest';
import { readGraph } from '../../../tools/module-graph.ts';

describe('the graph of the rooms', () => {
  it('has one direction: each room imports only from rooms to its left', async () => {
    const { rooms, edges } = await readGraph();
    expect(rooms.slice(0, 2)).toEqual(['runtime', 'kubernetes']);
    expect(edges.length).toBeGreaterThan(20);
    for (const { from, to } of edges)
      expect(rooms.indexOf(from), `${from} imports ${to}`).toBeGreaterThan(rooms.indexOf(to));
  });
});
