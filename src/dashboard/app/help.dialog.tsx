import { Dialog } from '../ui/parts.js';
import { hasShortcuts, setShortcuts, usePreference } from './preferences.js';

const KEYS: readonly (readonly [string, string])[] = [
  ['?', 'This help'],
  ['g w · g e · g s', 'Workflows, executions, system'],
  ['/', 'Search, where there is a search'],
  ['↑ ↓ Home End', 'Move in lists, the timeline and events'],
  ['← →', 'Close and open a step of the timeline; the neighbours in the graph'],
  ['Enter', 'Open what is marked'],
  ['1 … 5', 'Timeline, graph, output, events, result'],
  ['r', 'Replay an execution, or go back to live'],
  ['Space', 'Replay: play and pause'],
  [', · .', 'Replay: one event back, one on'],
  ['+ − 0', 'Timeline: zoom in, out, all of it'],
  ['c', 'Cancel the execution (asks first)'],
  ['Esc', 'Close what has opened last'],
];

export function HelpDialog({ onClose }: { onClose: () => void }) {
  const on = usePreference(hasShortcuts);
  return (
    <Dialog title="Keyboard" onClose={onClose}>
      <table className="keys"><tbody>
        {KEYS.map(([key, what]) => <tr key={key}><th scope="row"><kbd>{key}</kbd></th><td>{what}</td></tr>)}
      </tbody></table>
      <label className="check"><input type="checkbox" checked={on} onChange={(event) => setShortcuts(event.target.checked)} /> Single keys do something</label>
    </Dialog>
  );
}
