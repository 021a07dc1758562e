import { useState } from 'react';
import { refusalOf } from '../../client/view/answer.js';
import { useView } from './view.context.js';

type Asked = { state: 'no' | 'yes' } | { state: 'refused'; reason: string };

/** Cancels, and says why where that is refused. */
export function CancelButton({ cancel }: { cancel: () => Promise<void> }) {
  const { labels } = useView();
  const [asked, setAsked] = useState<Asked>({ state: 'no' });
  const isBusy = asked.state === 'yes';
  const ask = async () => {
    if (isBusy) return;
    setAsked({ state: 'yes' });
    try {
      await cancel();
    } catch (error) {
      setAsked({ state: 'refused', reason: refusalOf(error) });
    }
  };
  return (
    <>
      <button type="button" className="stepcast-button stepcast-cancel" aria-disabled={isBusy || undefined} onClick={() => void ask()}>{isBusy ? labels.cancelling : labels.cancel}</button>
      {asked.state === 'refused' && <p className="stepcast-fault" role="alert">{labels.cancelFailed(asked.reason)}</p>}
    </>
  );
}
