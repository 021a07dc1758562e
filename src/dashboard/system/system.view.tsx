/** How the service does: its health, its metrics as charts that go on, and its reliability. */
import { useEffect, useState } from 'react';
import { RequestError } from '../../client/client.error.js';
import { useSession } from '../app/session.js';
import { count, duration, money } from '../ui/format.js';
import { Failure } from '../ui/parts.js';
import { Chart, type ChartProps } from './chart.js';
import { MetricsHistory, type Point } from './metrics.history.js';
import { ReliabilityCard } from './reliability.card.js';
import '../styles/system.css';

const EVERY_MS = 5000;
/** Kept while one looks at something else. */
const history = new MetricsHistory();

interface Look {
  health: { status: string; reason?: string } | undefined;
  points: readonly Point[];
  /** Why there are no metrics: the key may not read them, or they cannot be had. */
  refused: Error | undefined;
}

export function SystemView() {
  const { get } = useSession();
  const [look, setLook] = useState<Look>({ health: undefined, points: history.points, refused: undefined });
  useEffect(() => {
    document.title = 'System · Stepcast';
    let isOver = false;
    let mayRead = true;
    let timer: ReturnType<typeof setTimeout>;
    const readMetrics = async () => {
      try {
        history.add(await (await get('metrics')).text(), Date.now());
        return undefined;
      } catch (error) {
        // What one has no right to, one does not ask for again and again.
        if (error instanceof RequestError && error.status === 403) mayRead = false;
        return error as Error;
      }
    };
    const read = async () => {
      const [health, refused] = await Promise.all([get('health/ready').then(async (response) => (await response.json()) as Look['health'], (error: Error) => ({ status: 'unavailable', reason: error.message })), mayRead ? readMetrics() : undefined]);
      if (isOver) return;
      setLook((before) => ({ health, points: history.points, refused: mayRead ? refused : (refused ?? before.refused) }));
      timer = setTimeout(() => void read(), EVERY_MS);
    };
    void read();
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [get]);
  const { health, points, refused } = look;
  const isForbidden = refused instanceof RequestError && refused.status === 403;
  return (
    <section className="stack" aria-labelledby="system-title">
      <header className="pane-head card pad">
        <h1 id="system-title">System</h1>
        <span id="health" className="health push" data-ready={health?.status === 'ok'} role="status">{health === undefined ? 'Looking …' : health.status === 'ok' ? 'Ready' : `Not ready: ${health.reason ?? health.status}`}</span>
      </header>
      {isForbidden
        ? <div className="card pad"><p>Your key may not read the metrics: that takes an admin's, or one with the scope <code>metrics:read</code>.</p></div>
        : <><Failure error={refused} /><Figures points={points} /><ReliabilityCard /></>}
    </section>
  );
}

const CHARTS: readonly Omit<ChartProps, 'points'>[] = [
  { title: 'Unfinished executions', unit: whole, isWhole: true, series: [{ key: 'running', label: 'running', tone: 'run' }, { key: 'waiting', label: 'waiting', tone: 'warn' }, { key: 'queued', label: 'queued', tone: 'idle' }] },
  { title: 'Executions finished a second', unit: rate, series: [{ key: 'finished', label: 'all', tone: 'ok' }, { key: 'failed', label: 'failed', tone: 'bad' }] },
  { title: 'Events a second', unit: rate, series: [{ key: 'events', label: 'events', tone: 'run' }] },
  { title: 'Open streams', unit: whole, isWhole: true, series: [{ key: 'streams', label: 'streams', tone: 'run' }] },
  { title: 'Time of a commit', unit: ms, series: [{ key: 'commitMs', label: 'mean', tone: 'ok' }] },
  { title: 'Delay of the event loop', unit: ms, series: [{ key: 'loopMs', label: '99th percentile', tone: 'warn' }] },
  { title: 'Tokens of language models', unit: whole, isWhole: true, series: [{ key: 'inputTokens', label: 'input', tone: 'run' }, { key: 'outputTokens', label: 'output', tone: 'ok' }] },
  { title: 'Memory', unit: (value) => `${whole(value)} MB`, series: [{ key: 'memoryMb', label: 'resident', tone: 'idle' }] },
];

function Figures({ points }: { points: readonly Point[] }) {
  const last = points.at(-1);
  return (
    <>
      <dl className="tiles">
        <Tile name="Running" value={last && count(last.running ?? 0)} />
        <Tile name="Waiting for a person" value={last && count(last.waiting ?? 0)} />
        <Tile name="Queued" value={last && count(last.queued ?? 0)} />
        <Tile name="Events a second" value={last && (last.events === null ? '…' : rate(last.events))} />
        <Tile name="Open streams" value={last && count(last.streams ?? 0)} />
        <Tile name="Cost of models" value={last && (last.costUsd === null ? '—' : money(last.costUsd))} />
      </dl>
      <div className="charts">{CHARTS.map((chart) => <Chart key={chart.title} {...chart} points={points} />)}</div>
    </>
  );
}

function Tile({ name, value }: { name: string; value: string | undefined }) {
  return <div className="card"><dt>{name}</dt><dd className="number">{value ?? '…'}</dd></div>;
}

function whole(value: number): string {
  return count(Math.round(value));
}

function rate(value: number): string {
  return value >= 10 ? whole(value) : value.toFixed(value === 0 ? 0 : value < 1 ? 2 : 1);
}

function ms(value: number): string {
  return value < 10 ? `${value.toFixed(2)} ms` : duration(value);
}
