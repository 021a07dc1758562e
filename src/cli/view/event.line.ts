/** An event as a line of a log, for those that are worth one. */
import { type ChalkInstance } from 'chalk';
import { isComposite } from '../../contract/definition.js';
import { type ExecutionEvent, type LogLevel } from '../../contract/events.js';
import { cut } from '../../contract/text.js';
import { safeLine, valueText } from '../terminal.text.js';
import { duration, usageText } from './format.js';

const MAX_VALUE = 120;

/** @returns undefined for what only makes sense within a step, and is shown there. */
export function lineOf(event: ExecutionEvent, color: ChalkInstance): string | undefined {
  const id = event.step ? safeLine(event.step.id) : '';
  switch (event.type) {
    case 'workflow_started':
      return color.bold(`▶ ${safeLine(event.workflow)}`);
    case 'workflow_resumed':
      return color.yellow(`↻ goes on after ${safeLine(event.data.reason)}; what was cut short starts anew`);
    case 'workflow_completed':
      return color.green('✓ completed');
    case 'workflow_failed':
      return color.red(`✗ failed: ${safeLine(event.data.error.message)}${event.data.error.stepId ? ` (step ${safeLine(event.data.error.stepId)})` : ''}`);
    case 'workflow_cancelled':
      return color.yellow(`■ cancelled: ${safeLine(event.data.reason)}`);
    case 'step_started':
      return undefined;
    case 'step_completed': {
      if (isComposite(event.step.type)) return undefined;
      const usage = usageText(event.data.usage ?? {});
      return `${color.green('✓')} ${id}${color.dim(`  ${duration(event.step.durationMs ?? 0)}${usage ? `, ${usage}` : ''}`)}`;
    }
    case 'step_failed':
      return isComposite(event.step.type) ? undefined : `${color.red('✗')} ${id}: ${safeLine(event.data.error.message)}`;
    case 'step_cancelled':
      return isComposite(event.step.type) ? undefined : color.yellow(`■ ${id} cancelled: ${safeLine(event.data.reason)}`);
    case 'step_skipped':
      return color.dim(`– ${id} skipped`);
    case 'step_retrying': {
      const { attempt, maxAttempts, delayMs, error } = event.data;
      return color.yellow(`↻ ${id}: attempt ${attempt} of ${maxAttempts} failed: ${safeLine(error.message)}; again in ${duration(delayMs)}`);
    }
    case 'iteration_started':
      return color.dim(`⟳ ${id}: round ${event.data.iteration} of at most ${event.data.maxIterations}`);
    case 'tool_call':
      return color.cyan(`⚙ ${id} calls ${safeLine(event.data.tool)} ${cut(safeLine(valueText(event.data.input)), MAX_VALUE)}`);
    case 'tool_result':
      return event.data.error ? color.red(`⚙ ${id}: ${safeLine(event.data.error.message)}`) : color.dim(`⚙ ${id}: ${cut(safeLine(valueText(event.data.output)), MAX_VALUE)} (${duration(event.data.durationMs)})`);
    case 'input_required':
      return color.magenta(`? ${id} waits for an answer${event.data.prompt ? `: ${safeLine(event.data.prompt)}` : ''}`);
    case 'input_received':
      return color.magenta(`! ${id}: ${cut(safeLine(valueText(event.data.value)), MAX_VALUE)}`);
    case 'message':
      return ofLevel(event.data.level, color)(`· ${id ? `${id}: ` : ''}${safeLine(event.data.text)}`);
    default:
      return undefined;
  }
}

function ofLevel(level: LogLevel, color: ChalkInstance): (text: string) => string {
  if (level === 'error') return color.red;
  return level === 'warn' ? color.yellow : color.dim;
}
