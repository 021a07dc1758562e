/** How well executions do of late, by the route of its own. */
import { useEffect, useState } from 'react';
import { useSession } from '../app/session.js';
import { count, duration } from '../ui/format.js';
import { Failure } from '../ui/parts.js';
import { useLoaded } from '../ui/use-work.js';

const WINDOWS = ['15m', '1h', '6h', '24h'] as const;
const EVERY_MS = 30_000;

interface Stats {
  completed: number;
  failed: number;
  cancelled: number;
  successRate: number | null;
  compensationRate: number | null;
  completionMs: { p50: number; p95: number; p99: number } | null;
}

interface Report extends Stats {
  workflows: ({ workflow: string } & Stats)[];
  toolCalls: { calls: number; failed: number };
  slos: { name: string; target: number; ratio: number | null; budgetLeft: number }[];
}

export function ReliabilityCard() {
  const { get } = useSession();
  const [window, setWindow] = useState<(typeof WINDOWS)[number]>('1h');
  const { value: report, error, reload } = useLoaded(window, async () => (await (await get(`api/v1/reliability?window=${window}`)).json()) as Report);
  useEffect(() => {
    const timer = setInterval(() => document.hidden || reload(), EVERY_MS);
    return () => clearInterval(timer);
  }, [reload]);
  return (
    <section className="card pad" aria-labelledby="reliability-title">
      <header className="pane-head">
        <h2 id="reliability-title">Reliability</h2>
        <label className="filter push">Over<select value={window} onChange={({ target }) => setWindow(target.value as typeof window)}>{WINDOWS.map((name) => <option key={name}>{name}</option>)}</select></label>
      </header>
      <Failure error={error} />
      {report && (
        <div className="table-box" role="region" aria-label="Reliability by workflow" tabIndex={0}>
          <table>
            <thead><tr>{['Workflow', 'Completed', 'Failed', 'Cancelled', 'Success', 'Tried again', 'Median', '95 %'].map((name) => <th key={name} scope="col">{name}</th>)}</tr></thead>
            <tbody>
              <StatsRow name="All" stats={report} />
              {report.workflows.map((stats) => <StatsRow key={stats.workflow} name={stats.workflow} stats={stats} />)}
            </tbody>
          </table>
        </div>
      )}
      {report && report.slos.length > 0 && (
        <ul className="plain slos">{report.slos.map(({ name, target, ratio, budgetLeft }) => <li key={name} data-missed={budgetLeft < 0}><b>{name}</b> {share(ratio)} of {share(target)}, budget left {share(budgetLeft)}</li>)}</ul>
      )}
    </section>
  );
}

function StatsRow({ name, stats: { completed, failed, cancelled, successRate, compensationRate, completionMs } }: { name: string; stats: Stats }) {
  return (
    <tr>
      <th scope="row">{name}</th>
      <td className="number">{count(completed)}</td><td className="number">{count(failed)}</td><td className="number">{count(cancelled)}</td>
      <td className="number">{share(successRate)}</td><td className="number">{share(compensationRate)}</td>
      <td className="number">{completionMs ? duration(completionMs.p50) : '—'}</td><td className="number">{completionMs ? duration(completionMs.p95) : '—'}</td>
    </tr>
  );
}

function share(value: number | null): string {
  return value === null ? '—' : `${(value * 100).toFixed(value === 1 || value === 0 ? 0 : 1)} %`;
}
