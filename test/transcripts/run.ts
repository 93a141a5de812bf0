import { open, type RawAnswer } from './exchange.ts';
import { mask } from './mask.ts';
import type { Answer, Ask, Preparation, Recording, Section, ServerSetup, Step } from './model.ts';

/** A server that the sections can be run on. */
interface Target extends AsyncDisposable {
  readonly url: string;
  /**
   * Lets the server go on by itself; called again and again while something is awaited. `time`: what is awaited may need
   * time to pass, so a server under a clock of its own gets some.
   */
  pass(time: boolean): Promise<void>;
  forget(): Promise<void>;
  compact(): Promise<void>;
  fill(): Promise<void>;
  /** Ends the server in good order, and starts it again at its place. */
  terminate(): Promise<void>;
  /** Ends the server as a crash does, and starts it again at its place. */
  kill(): Promise<void>;
}

export type StartTarget = (setup: ServerSetup) => Promise<Target>;

/** How often time is given before something that is awaited is given up. */
const patience = 4_000;

/** Runs the steps of one section in order and gives the answers of its cases, masked. */
export async function runSection(section: Section, start: StartTarget): Promise<Recording> {
  await using target = await start(section.setup ?? {});
  const kept = new Map<string, unknown>();
  const answers: Record<string, Answer> = {};
  for (const step of section.steps) {
    try {
      await runStep(target, step, kept, answers);
    } catch (cause) {
      const title = 'title' in step ? step.title : 'path' in step ? step.path : step.what;
      throw new Error(`${section.id}: "${title}" could not be carried out: ${String(cause)}`, { cause });
    }
  }
  return answers;
}

async function runStep(
  target: Target,
  step: Step,
  kept: Map<string, unknown>,
  answers: Record<string, Answer>,
): Promise<void> {
  if (step.kind === 'incident') {
    await target[step.what]();
    return;
  }
  const filled = fill(step, kept);
  if (step.kind === 'prepare') {
    const raw = await carryOut(target, filled, step);
    if (step.keep !== undefined) kept.set(step.keep, keepable(raw));
    return;
  }
  if (answers[step.title]) throw new Error('the title is there twice');
  const versus = versionsSpokenOf(step, kept);
  if (step.kind === 'case') {
    const raw = await exchange(target, filled, step.waits ?? false);
    if (step.keep !== undefined) kept.set(step.keep, keepable(raw));
    answers[step.title] = mask(raw, { stream: false, view: step.view, versus });
    return;
  }
  const opened = await open(target.url, filled);
  let done = false;
  void opened.done.then(() => {
    done = true;
  });
  const until = step.until ?? 'end';
  const reached = () => done || (until !== 'end' && opened.lines >= until);
  for (const ask of step.meanwhile ?? []) await carryOut(target, fill(ask, kept), {});
  if (step.incident) {
    // The initial events are to be there, whatever breaks afterwards.
    for (let turn = 0; opened.lines === 0 && turn < patience; turn++) await target.pass(false);
    await target[step.incident]();
  }
  for (let turn = 0; !reached() && turn < patience; turn++) await target.pass(until === 'end');
  opened.leave();
  answers[step.title] = mask(await opened.done, { stream: true, versus });
}

/** Sends a request that must succeed, again and again if it is to reach a status. */
async function carryOut(target: Target, ask: Ask, { until }: Pick<Preparation, 'until'>): Promise<RawAnswer> {
  for (let turn = 0; turn < patience; turn++) {
    const raw = await exchange(target, ask, false);
    if (raw.status === until || (until === undefined && raw.status < 300)) return raw;
    if (until === undefined) throw new Error(`${ask.path}: ${raw.status} ${raw.body.toString()}`);
    await target.pass(true);
  }
  throw new Error(`${ask.path} never answered ${until}`);
}

async function exchange(target: Target, ask: Ask, waits: boolean): Promise<RawAnswer> {
  let answered = false;
  const done = open(target.url, ask).then((answer) => answer.done);
  const settled = done.finally(() => {
    answered = true;
  });
  if (waits) for (let turn = 0; !answered && turn < patience; turn++) await target.pass(true);
  return settled;
}

function keepable(raw: RawAnswer): unknown {
  try {
    return { ...(JSON.parse(raw.body.toString()) as object), headers: raw.headers };
  } catch {
    return { headers: raw.headers };
  }
}

const placeholder = /\{\{([\w.-]+)(?:\s*\+\s*(\d+))?\}\}/g;

function keptAt(path: string, kept: ReadonlyMap<string, unknown>): unknown {
  const [name = '', ...keys] = path.split('.');
  let value = kept.get(name);
  if (value === undefined) throw new Error(`nothing is kept as ${name}`);
  for (const key of keys) value = (value as Record<string, unknown> | undefined)?.[key];
  if (value === undefined) throw new Error(`there is no ${path}`);
  return value;
}

function fillText(text: string, kept: ReadonlyMap<string, unknown>, printed: (text: string) => string): string {
  return text.replaceAll(placeholder, (_, path: string, plus?: string) => {
    const value = keptAt(path, kept);
    return printed(plus === undefined ? String(value) : String(Number(value) + Number(plus)));
  });
}

function fill<T extends Ask>(ask: T, kept: ReadonlyMap<string, unknown>): T {
  const path = fillText(ask.path, kept, encodeURIComponent);
  const headers = Object.entries(ask.headers ?? {}).map(([name, value]) => [name, fillText(value, kept, String)]);
  return {
    ...ask,
    path,
    headers: Object.fromEntries(headers),
    ...('body' in ask ? { body: fillBody(ask.body, kept) } : {}),
  };
}

function fillBody(body: unknown, kept: ReadonlyMap<string, unknown>): unknown {
  if (typeof body !== 'string') return body;
  const whole = /^\{\{(\w+)\}\}$/.exec(body);
  if (!whole) return body;
  const { headers: _, ...object } = keptAt(whole[1] ?? '', kept) as Record<string, unknown>;
  return object;
}

/** The resource versions that a request mentions, so that those of the answer can be compared with them. */
function versionsSpokenOf(ask: Ask, kept: ReadonlyMap<string, unknown>): Record<string, string> {
  const text = `${ask.path} ${typeof ask.body === 'string' ? ask.body : ''}`;
  const versions: Record<string, string> = {};
  for (const [, path = '', plus] of text.matchAll(placeholder)) {
    const [name = ''] = path.split('.');
    const object = kept.get(name) as { metadata?: { resourceVersion?: string } } | undefined;
    const version = object?.metadata?.resourceVersion;
    if (version !== undefined && plus === undefined) versions[name] = version;
  }
  return versions;
}
