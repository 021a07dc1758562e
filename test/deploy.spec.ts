/** The dashboard and the alert rules in deploy/ name the metrics and labels that a service really tells, and no others. */
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { faultsOfSlos } from '../src/metrics/slo.options.js';
import { agent, conditional, parallel, retry, workflow } from '../src/orchestration/definition/builder.js';
import { MarkdownPage } from './support/markdown.js';
import { Service } from './openapi/support/service.js';

interface Panel {
  id: number;
  type: string;
  title: string;
  gridPos: { x: number; y: number; w: number; h: number };
  targets?: { expr: string; refId: string; legendFormat?: string }[];
}
interface Rule {
  alert: string;
  expr: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
}

// The parser that the OpenAPI document is made with.
const require = createRequire(createRequire(import.meta.url).resolve('@nestjs/swagger'));
const { load } = require('js-yaml') as { load(text: string): unknown };

const dashboard = JSON.parse(readFileSync('deploy/grafana/stepcast.json', 'utf8')) as { panels: Panel[]; templating: { list: { name: string; query: unknown }[] } };
const rules = (load(readFileSync('deploy/prometheus/alerts.yml', 'utf8')) as { groups: { rules: Rule[] }[] }).groups.flatMap((group) => group.rules);
const dashed = dashboard.panels.flatMap((panel) => panel.targets?.map(({ expr }) => [panel.title, expr] as const) ?? []);
const expressions = [...dashed, ...rules.map(({ alert, expr }) => [alert, expr] as const)];

/** Every word of an expression of PromQL that is a metric, with the labels that it is selected or grouped by. */
function metricsIn(expr: string): string[] {
  const text = expr.replaceAll(/"[^"]*"/g, '""').replaceAll(/\{[^}]*\}/g, '').replaceAll(/\[[^\]]*\]/g, '').replaceAll(/\b(by|without|on|ignoring)\s*\([^)]*\)/g, '');
  return [...text.matchAll(/[A-Za-z_:][\w:]*(?!\w*\s*\()/g)].map(([name]) => name).filter((name) => !['and', 'or', 'unless'].includes(name));
}
const selectorsIn = (expr: string) => [...expr.matchAll(/(\w+)\{([^}]*)\}/g)].map(([, name = '', inside = '']) => [name, [...inside.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, label]) => label as string)] as const);

/** The labels that an expression is grouped or matched by. */
const groupsIn = (expr: string) => [...expr.matchAll(/\b(?:by|without|on|ignoring)\s*\(([^)]*)\)/g)].flatMap(([, inside = '']) => inside.split(',').map((label) => label.trim()).filter((label) => label !== ''));
/** What Prometheus adds to all that it scrapes, and what buckets have. */
const SCRAPED = ['instance', 'job', 'le'];

/** The name without what a histogram adds to it. */
const base = (name: string) => name.replace(/_(bucket|sum|count)$/, '');

let service: Service;
let types: Map<string, string>;
let labels: Map<string, Set<string>>;

beforeAll(async () => {
  service = await Service.start({ slos: [{ name: 'runs', measure: 'success', target: 0.99, windowMs: 3 * 86_400_000 }] });
  const run = workflow('w',
    retry('again', { maxAttempts: 2, backoff: { delayMs: 0 } }, agent('shaky', 'flaky', { input: { failures: 1 } })),
    conditional('c', { when: 'true', then: agent('yes', 'tokens', { input: { count: 2 } }), else: agent('no', 'echo') }), parallel('p', agent('a', 'echo')));
  await service.alice.post('/executions', { workflow: run }, { accept: 'text/event-stream' });
  const { text } = await service.root.get('//metrics');
  types = new Map([...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [name as string, type as string]));
  labels = Map.groupBy(text.matchAll(/^(\w+)(?:\{(.*)\})? \S+$/gm), ([, name]) => base(name as string)) as never;
  labels = new Map([...labels].map(([name, found]) => [name, new Set([...found].flatMap((match) => [...(match[2] ?? '').matchAll(/(\w+)="/g)].map(([, label]) => label as string)))]));
});
afterAll(() => service.close());

/** Whether a scrape has samples of this name. */
function isTold(name: string): boolean {
  if (types.has(name)) return types.get(name) !== 'histogram';
  return base(name) !== name && types.get(base(name)) === 'histogram';
}

describe('what is to be deployed', () => {
  it('names metrics that are told', () => {
    const named = expressions.flatMap(([title, expr]) => metricsIn(expr).map((name) => [title, name] as const));
    expect(named.length).toBeGreaterThan(60);
    expect(named.filter(([, name]) => !isTold(name))).toEqual([]);
  });

  it('selects by labels that these have', () => {
    const documented = new Map(new MarkdownPage('docs/operations.md').names('metrics').map((name) => [name.replace(/\{.*/, ''), [...name.matchAll(/[{,](\w+)/g)].map(([, label]) => label as string)]));
    const selected = expressions.flatMap(([title, expr]) => selectorsIn(expr).flatMap(([name, used]) => used.map((label) => [title, name, label] as const)));
    expect(selected.length).toBeGreaterThan(20);
    expect(selected.filter(([, name, label]) => !documented.get(base(name))?.includes(label))).toEqual([]);
    // And the documentation names the labels that are really there.
    for (const [name, own] of documented) {
      const told = [...(labels.get(name) ?? [])].filter((label) => label !== 'le');
      if (told.length) expect([name, ...told.sort()]).toEqual([name, ...own.sort()]);
    }
  });

  it('groups by labels that these have, and names no others to people', () => {
    const documented = new Map(new MarkdownPage('docs/operations.md').names('metrics').map((name) => [name.replace(/\{.*/, ''), [...name.matchAll(/[{,](\w+)/g)].map(([, label]) => label as string)]));
    const labelsOf = (expr: string) => [...SCRAPED, ...metricsIn(expr).flatMap((name) => documented.get(base(name)) ?? [])];
    const grouped = expressions.flatMap(([title, expr]) => groupsIn(expr).map((label) => [title, expr, label] as const));
    expect(grouped.length).toBeGreaterThan(40);
    expect(grouped.filter(([, expr, label]) => !labelsOf(expr).includes(label))).toEqual([]);
    const told = [
      ...dashboard.panels.flatMap(({ title, targets = [] }) => targets.map(({ expr, legendFormat = '' }) => ({ title, expr, names: [...legendFormat.matchAll(/\{\{\s*(\w+)\s*\}\}/g)] }))),
      ...rules.map(({ alert, expr, annotations }) => ({ title: alert, expr, names: [...Object.values(annotations).join().matchAll(/\$labels\.(\w+)/g)] })),
    ].flatMap(({ title, expr, names }) => names.map(([, label]) => ({ title, expr, label: label as string })));
    expect(told.length).toBeGreaterThan(30);
    // What an aggregation does not group by is gone from its result.
    const left = (expr: string) => (/\b(sum|min|max|avg)\b/.test(expr) ? groupsIn(expr) : labelsOf(expr));
    expect(told.filter(({ expr, label }) => !left(expr).includes(label))).toEqual([]);
  });

  it('shows every metric of ours on the dashboard', () => {
    const shown = new Set(dashed.flatMap(([, expr]) => metricsIn(expr).map(base)));
    expect([...types.keys()].filter((name) => name.startsWith('stepcast_') && !shown.has(name) && !shown.has(base(name)))).toEqual([]);
  });

  it('is a dashboard whose panels lie side by side, each with its own number', () => {
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
    const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) => Array.from({ length: w * h }, (_, i) => `${x + (i % w)}/${y + Math.floor(i / w)}`));
    expect(new Set(cells).size).toBe(cells.length);
    expect(dashboard.panels.every(({ gridPos: { x, w } }) => x + w <= 24)).toBe(true);
    expect(JSON.stringify(dashboard.templating)).toContain('label_values(stepcast_executions_started_total, workflow)');
  });

  it('has alert rules with a name of their own, a severity and a line for people', () => {
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
    for (const { alert, labels: { severity }, annotations: { summary } } of rules) expect([alert, /^Stepcast[A-Z]/.test(alert), ['critical', 'warning'].includes(severity ?? ''), (summary ?? '').length > 10]).toEqual([alert, true, true, true]);
  });

  it('has objectives in its documentation that can be configured', () => {
    const [, json = ''] = /```json\n(\[\{"name": "runs"[^]*?)```/.exec(readFileSync('docs/operations.md', 'utf8')) ?? [];
    expect(faultsOfSlos(JSON.parse(json))).toEqual([]);
  });

  it('has no link that leads nowhere', () => {
    expect(new MarkdownPage('deploy/README.md').brokenLinks()).toEqual([]);
  });
});
