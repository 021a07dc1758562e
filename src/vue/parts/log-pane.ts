import { defineComponent, h, type PropType } from 'vue';
import { timeOf } from '../../client/view/facts.js';
import { type LogLine } from '../../client/view/progress.view.js';
import { useView } from './view.settings.js';

/** What happened, line by line. It speaks by itself no more than the live region does: `role="log"` would read out every line. */
export const LogPane = defineComponent({
  name: 'StepcastLog',
  props: { lines: { type: Array as PropType<readonly LogLine[]>, required: true }, hasEarlier: { type: Boolean, required: true } },
  setup(props) {
    const { labels } = useView();
    return () => h('details', { class: 'stepcast-log' }, [
      h('summary', [labels.value.log, ' ', h('span', { class: 'stepcast-facts' }, String(props.lines.length))]),
      props.hasEarlier ? h('p', { class: 'stepcast-note' }, labels.value.earlierLines) : null,
      h('ol', { class: 'stepcast-lines', role: 'list', 'aria-label': labels.value.log, tabindex: 0 }, props.lines.map(({ seq, timestamp, level, text }) =>
        h('li', { key: seq, 'data-level': level }, [h('time', { datetime: timestamp }, timeOf(timestamp)), ' ', h('span', text)]))),
    ]);
  },
});
