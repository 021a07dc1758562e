import { valueTextOf } from '../../client/view/facts.js';
import { type WorkflowStream } from '../use-workflow-stream.js';
import { useView } from './view.context.js';

/** How far the whole workflow is. The number is there in words too, so that it can be read without a stylesheet. */
export function ProgressBar({ stream }: { stream: WorkflowStream }) {
  const { labels } = useView();
  const { progress } = stream;
  return (
    <div
      className="stepcast-bar" role="progressbar" aria-label={labels.progress} aria-valuemin={0} aria-valuemax={100} aria-valuenow={Math.floor(progress * 100)}
      aria-valuetext={valueTextOf(stream, labels)}
    >
      <span className="stepcast-bar-fill" style={{ width: `${progress * 100}%` }} />
      <span className="stepcast-bar-text">{labels.percent(progress)}</span>
    </div>
  );
}
