/**
 * What the page knows of one execution: the fold of its events. It is the fold of contract/state.ts over again in plain
 * JavaScript, held to it by a test. A step is replaced and never changed, so that a step that is the same object needs
 * no new drawing.
 */

/** Rounds of a loop that are kept: 10,000 would be more than anyone looks at, or a page can show. */
export const ROUNDS_KEPT = 20;

/**
 * @param {string} id
 * @param {string} [workflow]
 * @returns {import('./view.js').View}
 */
export function newView(id, workflow = '') {
  return {
    id, workflow, status: 'queued', progress: 0, lastSeq: 0, steps: new Map(), activeSteps: [],
    startedAt: null, finishedAt: null, result: null, error: null, reason: null,
  };
}

/**
 * Brings `view` on by the next event.
 * @param {import('./view.js').View} view
 * @param {import('../contract/events.js').ExecutionEvent} event
 */
export function applyEvent(view, event) {
  view.lastSeq = event.seq;
  view.progress = event.progress;
  view.workflow = event.workflow;
  switch (event.type) {
    case 'workflow_started':
      view.status = 'running';
      view.startedAt = event.timestamp;
      break;
    case 'workflow_resumed':
      view.status = 'running';
      for (const id of view.activeSteps) change(view, id, { text: '', reasoning: '' });
      break;
    case 'workflow_completed':
      view.result = event.data.result;
      finish(view, 'completed', event.timestamp);
      break;
    case 'workflow_failed':
      view.error = event.data.error;
      finish(view, 'failed', event.timestamp);
      break;
    case 'workflow_cancelled':
      view.reason = event.data.reason;
      finish(view, 'cancelled', event.timestamp);
      break;
    case 'checkpoint_saved':
      break;
    default:
      if (event.step) applyStepEvent(view, event, event.step);
  }
}

/**
 * @param {import('./view.js').View} view
 * @param {import('../contract/events.js').ExecutionEvent} event
 * @param {import('../contract/events.js').StepInfo} info
 */
function applyStepEvent(view, event, { id, name, type, attempt, iteration, durationMs }) {
  const blank = { id, name, type, attempt, iteration, status: /** @type {const} */ ('pending'), text: '', reasoning: '' };
  if (!view.steps.has(id)) view.steps.set(id, blank);
  const ended = { attempt, iteration, finishedAt: event.timestamp, ...(durationMs === undefined ? {} : { durationMs }) };
  switch (event.type) {
    case 'step_started':
      view.steps.set(id, { ...blank, status: 'running', startedAt: event.timestamp });
      if (!view.activeSteps.includes(id)) view.activeSteps.push(id);
      break;
    case 'step_completed':
      end(view, id, { ...ended, status: 'completed', output: event.data.output });
      break;
    case 'step_failed':
      end(view, id, { ...ended, status: 'failed', error: event.data.error });
      break;
    case 'step_cancelled':
      end(view, id, { ...ended, status: 'cancelled' });
      break;
    case 'step_skipped':
      end(view, id, { ...ended, status: 'skipped' });
      break;
    case 'step_progress':
      change(view, id, { attempt, iteration, progress: event.data.progress, note: event.message });
      break;
    case 'step_output': {
      const { kind, delta } = event.data;
      if (kind === 'text' || kind === 'reasoning') change(view, id, { attempt, iteration, [kind]: view.steps.get(id)?.[kind] + String(delta) });
      break;
    }
    case 'step_retrying':
      for (const step of view.steps.values()) if (step.id !== id && isWithin(step.id, id)) reset(view, step);
      change(view, id, { attempt, iteration, text: '', reasoning: '', status: 'retrying', error: event.data.error, retryInMs: event.data.delayMs });
      break;
    case 'input_required':
      change(view, id, { attempt, iteration, status: 'waiting', prompt: event.data.prompt, schema: event.data.schema });
      break;
    case 'input_received':
      change(view, id, { attempt, iteration, status: 'running' });
      break;
    case 'iteration_started':
      forgetRounds(view, id, event.data.iteration - ROUNDS_KEPT);
      break;
    default:
      break;
  }
  view.status = statusOf(view);
}

/**
 * An execution waits when every leaf that is active waits for a person, and nothing is about to be tried again.
 * @param {import('./view.js').View} view
 */
function statusOf(view) {
  if (view.status !== 'running' && view.status !== 'waiting') return view.status;
  const active = view.activeSteps.map((id) => view.steps.get(id));
  const waiting = active.some((step) => step?.status === 'waiting');
  const busy = active.some((step) => step && step.status !== 'waiting' && (step.status === 'retrying' || step.type === 'agent' || step.type === 'input'));
  return waiting && !busy ? 'waiting' : 'running';
}

/**
 * @param {import('./view.js').View} view
 * @param {string} id
 * @param {Partial<import('./view.js').StepView>} changes
 */
function change(view, id, changes) {
  const step = view.steps.get(id);
  if (step) view.steps.set(id, { ...step, ...changes });
}

/**
 * @param {import('./view.js').View} view
 * @param {string} id
 * @param {Partial<import('./view.js').StepView>} changes
 */
function end(view, id, changes) {
  change(view, id, changes);
  leave(view, id);
}

/**
 * @param {import('./view.js').View} view
 * @param {string} id
 */
function leave(view, id) {
  view.activeSteps = view.activeSteps.filter((active) => active !== id);
}

/**
 * Back to before its start, but for the number of attempts it has had.
 * @param {import('./view.js').View} view
 * @param {import('./view.js').StepView} step
 */
function reset(view, { id, name, type, attempt, iteration }) {
  leave(view, id);
  view.steps.set(id, { id, name, type, attempt, iteration, status: 'pending', text: '', reasoning: '' });
}

/**
 * @param {import('./view.js').View} view
 * @param {import('../contract/state.js').ExecutionStatus} status
 * @param {string} timestamp
 */
function finish(view, status, timestamp) {
  view.status = status;
  view.finishedAt = timestamp;
  for (const id of view.activeSteps) change(view, id, { status: 'cancelled' });
  view.activeSteps = [];
}

/**
 * Lets go of the rounds of a loop up to `last`.
 * @param {import('./view.js').View} view
 * @param {string} loop
 * @param {number} last
 */
function forgetRounds(view, loop, last) {
  if (last < 1) return;
  for (const id of view.steps.keys()) {
    const round = id.startsWith(`${loop}[`) ? parseInt(id.slice(loop.length + 1), 10) : Infinity;
    if (round <= last) view.steps.delete(id);
  }
  change(view, loop, { roundsForgotten: last });
}

/**
 * Whether `id` is the step `ancestor` or lies below it.
 * @param {string} id
 * @param {string} ancestor
 */
export function isWithin(id, ancestor) {
  return id === ancestor || id.startsWith(`${ancestor}/`) || id.startsWith(`${ancestor}[`);
}

/**
 * The step that one lies in, and its round there, where that is a loop: `refine` and 2 of `refine[2]/critic`.
 * @param {string} id
 * @returns {{ parent: string | undefined, round: number | undefined }}
 */
export function placeOf(id) {
  const match = /^(.*?)(?:\[(\d+)\])?\/[^/]+$/.exec(id);
  return { parent: match?.[1], round: match?.[2] === undefined ? undefined : Number(match[2]) };
}
