import { prepare, request, type Section, watch } from '../model.ts';
import { change, configMap, configMaps, definesWidgets, partialObject, watchList, widget, widgets } from './shared.ts';

const old = 'resourceVersion={{page.metadata.resourceVersion}}';
const second = 'timeoutSeconds=1';
const names = ['e0', 'e1', 'e2', 'e3', 'e4', 'e5'];

const ends = ['terminate', 'kill'] as const;

export const expiry: readonly Section[] = [
  {
    id: 'ends',
    title: 'Servers that end under a watch',
    area: 'other',
    steps: [
      prepare(configMaps, { body: configMap('a') }),
      ...ends.flatMap((incident) =>
        [false, true].map((http2) =>
          watch(
            `${incident === 'kill' ? 'killed' : 'ended in good order'}, over ${http2 ? 'HTTP/2' : 'HTTP/1.1'}`,
            `${configMaps}?watch=1&resourceVersion=0`,
            { http2, incident },
          ),
        ),
      ),
    ],
  },
  {
    id: 'compaction',
    title: 'Resource versions that the caches still know',
    area: 'expiry',
    setup: { forgets: true },
    steps: [
      ...names.map((name) => prepare(configMaps, { body: configMap(name) })),
      prepare(`${configMaps}?limit=2`, { keep: 'page' }),
      ...names.map((name) => change(`${configMaps}/${name}`, { data: { k: 'new' } })),
      { kind: 'incident', what: 'compact' },
      request('the second page', `${configMaps}?limit=2&continue={{page.metadata.continue}}`),
      request('a list exactly then', `${configMaps}?${old}&resourceVersionMatch=Exact`),
      watch('a watch', `${configMaps}?watch=1&${old}&${second}`),
    ],
  },
  {
    id: 'expiry',
    title: 'Resource versions that are forgotten',
    area: 'expiry',
    setup: { forgets: true },
    steps: [
      ...definesWidgets,
      ...names.map((name) => prepare(configMaps, { body: configMap(name) })),
      ...['w0', 'w1', 'w2'].map((name) => prepare(widgets, { body: widget(name) })),
      prepare(`${configMaps}?limit=2`, { keep: 'page' }),
      prepare(`${widgets}?limit=2`, { keep: 'custom' }),
      ...names.map((name) => change(`${configMaps}/${name}`, { data: { k: 'new' } })),
      change(`${widgets}/w0`, { spec: { size: 2 } }),
      { kind: 'incident', what: 'forget' },
      // Only a server that has begun to serve a definition answers for its objects.
      prepare(widgets, { until: 200 }),
      watch('a watch', `${configMaps}?watch=1&${old}&${second}`),
      watch('a watch with bookmarks, over HTTP/2', `${configMaps}?watch=1&${old}&${second}&allowWatchBookmarks=true`, {
        http2: true,
      }),
      watch('a watch from the very first version', `${configMaps}?watch=1&resourceVersion=1&${second}`),
      watch('a watch of custom objects', `${widgets}?watch=1&${old}&${second}`),
      watch('a watch of metadata', `${configMaps}?watch=1&${old}&${second}`, { accept: partialObject }),
      watch('a watch that begins with the state', `${configMaps}?${watchList}&${old}&${second}`),
      watch(
        'a watch that declines the state',
        `${configMaps}?watch=1&sendInitialEvents=false&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&${old}&${second}`,
      ),
      request('the second page', `${configMaps}?limit=2&continue={{page.metadata.continue}}`, { keep: 'refused' }),
      request('... with the token of the refusal', `${configMaps}?limit=2&continue={{refused.metadata.continue}}`, {
        view: 'names',
        keep: 'inconsistent',
      }),
      request('... and the page after that', `${configMaps}?limit=2&continue={{inconsistent.metadata.continue}}`, {
        view: 'names',
      }),
      request('the second page of custom objects', `${widgets}?limit=2&continue={{custom.metadata.continue}}`),
      request('a list exactly then', `${configMaps}?${old}&resourceVersionMatch=Exact`),
      request('a list exactly at the very first version', `${configMaps}?resourceVersion=1&resourceVersionMatch=Exact`),
      request('a list of custom objects exactly then', `${widgets}?${old}&resourceVersionMatch=Exact`),
      request('a list not older than then', `${configMaps}?${old}&resourceVersionMatch=NotOlderThan&limit=1`, {
        view: 'names',
      }),
      request('one object not older than then', `${configMaps}/e0?${old}`),
    ],
  },
];
