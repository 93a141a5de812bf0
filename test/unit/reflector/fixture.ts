import { afterEach, expect } from 'vitest';
import {
  Reflector,
  type ReflectorFailure,
  type ReflectorOptions,
  type ReflectorStore,
} from '../../../src/reflector/index.ts';
import { Turns } from '../../../src/runtime/index.ts';
import { FakeClock, settle } from '../../../src/testing/index.ts';
import { type Answer, ScriptedListerWatcher, type SentRequest, type Widget } from './scripted-lister-watcher.ts';

/** A store that remembers its calls as text, and its content. */
export class RecordingStore implements ReflectorStore<Widget> {
  readonly calls: string[] = [];
  readonly content = new Map<string, Widget>();
  /** What `ready` returns. */
  full: Promise<void> | undefined;

  add = (object: Widget) => this.#set('add', object);
  update = (object: Widget) => this.#set('update', object);
  delete = (object: Widget) => {
    this.content.delete(object.metadata.name);
    this.calls.push(`delete ${object.metadata.name}@${object.metadata.resourceVersion}`);
  };
  forget = (key: string) => {
    this.content.delete(key);
    this.calls.push(`forget ${key}`);
  };
  replace = (objects: readonly Widget[], resourceVersion: string, kept: ReadonlySet<string>) => {
    for (const key of Array.from(this.content.keys())) if (!kept.has(key)) this.content.delete(key);
    for (const object of objects) this.content.set(object.metadata.name, object);
    const names = objects.map((object) => object.metadata.name).join(' ');
    const keeping = kept.size > 0 ? ` keeping ${Array.from(kept).join(' ')}` : '';
    this.calls.push(`replace [${names}]@${resourceVersion}${keeping}`);
  };
  bookmark = (resourceVersion: string) => void this.calls.push(`bookmark @${resourceVersion}`);
  ready = () => this.full;

  #set(verb: string, object: Widget): void {
    this.content.set(object.metadata.name, object);
    this.calls.push(`${verb} ${object.metadata.name}@${object.metadata.resourceVersion}`);
  }
}

/** What is looked at after each test. */
interface Running {
  readonly clock: FakeClock;
  readonly server: ScriptedListerWatcher;
  readonly done: Promise<void>;
  readonly stop: () => void;
}

const running: Running[] = [];

/** Starts a reflector against a script. After the test it is stopped, and must have left nothing behind. */
export function start(
  script: readonly (Answer | ((request: SentRequest) => Answer))[],
  options: Partial<ReflectorOptions<Widget>> = {},
  {
    otherwise = 'never' as Answer | ((request: SentRequest) => Answer),
    clock = new FakeClock(),
    supportsInitialEvents = true,
  } = {},
) {
  const server = new ScriptedListerWatcher(clock, script, otherwise);
  server.supportsInitialEvents = supportsInitialEvents;
  const store = new RecordingStore();
  const failures: ReflectorFailure[] = [];
  const skips: string[] = [];
  const states: string[] = [];
  const controller = new AbortController();
  const reflector = new Reflector<Widget>({
    listerWatcher: server,
    store,
    clock,
    random: () => 0.5,
    turns: new Turns({ clock }),
    onFailure: (failure) => failures.push(failure),
    onSkip: (error) => skips.push(error.code),
    onStateChange: ({ phase }) => states.push(phase),
    ...options,
  });
  const done = reflector.run(controller.signal);
  done.catch(() => undefined);
  const fixture = {
    clock,
    server,
    store,
    failures,
    skips,
    states,
    reflector,
    done,
    signal: controller.signal,
    stop: () => controller.abort(),
  };
  running.push(fixture);
  return fixture;
}

afterEach(async () => {
  for (const { stop, done, clock, server } of running.splice(0)) {
    stop();
    await done.catch(() => undefined);
    await settle();
    expect(clock.pendingTimers, 'timers left').toBe(0);
    expect(server.openStreams, 'streams left open').toBe(0);
  }
});
