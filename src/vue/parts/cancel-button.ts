import { defineComponent, h, type PropType, shallowRef } from 'vue';
import { refusalOf } from '../../client/view/answer.js';
import { useView } from './view.settings.js';

type Asked = { state: 'no' | 'yes' } | { state: 'refused'; reason: string };

/** Cancels, and says why where that is refused. */
export const CancelButton = defineComponent({
  name: 'StepcastCancelButton',
  props: { cancel: { type: Function as PropType<() => Promise<void>>, required: true } },
  setup(props) {
    const { labels } = useView();
    const asked = shallowRef<Asked>({ state: 'no' });
    const ask = async () => {
      if (asked.value.state === 'yes') return;
      asked.value = { state: 'yes' };
      try {
        await props.cancel();
      } catch (error) {
        asked.value = { state: 'refused', reason: refusalOf(error) };
      }
    };
    return () => {
      const isBusy = asked.value.state === 'yes';
      return [
        h('button', { type: 'button', class: 'stepcast-button stepcast-cancel', 'aria-disabled': isBusy || undefined, onClick: () => void ask() }, isBusy ? labels.value.cancelling : labels.value.cancel),
        asked.value.state === 'refused' ? h('p', { class: 'stepcast-fault', role: 'alert' }, labels.value.cancelFailed(asked.value.reason)) : null,
      ];
    };
  },
});
