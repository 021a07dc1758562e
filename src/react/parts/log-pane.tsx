import { memo } from 'react';
import { timeOf } from '../../client/view/facts.js';
import { type LogLine } from '../../client/view/progress.view.js';
import { useView } from './view.context.js';

/** What happened, line by line. It speaks by itself no more than the live region does: `role="log"` would read out every line. */
export const LogPane = memo(function LogPane({ lines, hasEarlier }: { lines: readonly LogLine[]; hasEarlier: boolean }) {
  const { labels } = useView();
  return (
    <details className="stepcast-log">
      <summary>{labels.log} <span className="stepcast-facts">{lines.length}</span></summary>
      {hasEarlier && <p className="stepcast-note">{labels.earlierLines}</p>}
      <ol className="stepcast-lines" role="list" aria-label={labels.log} tabIndex={0}>
        {lines.map(({ seq, timestamp, level, text }) => (
          <li key={seq} data-level={level}><time dateTime={timestamp}>{timeOf(timestamp)}</time> <span>{text}</span></li>
        ))}
      </ol>
    </details>
  );
});
