import { defineComponent, h, onMounted, shallowRef, watch } from 'vue';
import { tailOf } from '../../client/view/text.tail.js';
import { useView } from './view.settings.js';

/** Pixels from its end within which a box counts as read to the end. */
const AT_END = 24;

/** The text of the step that wrote last, as text and nothing else. A reader who is at its end stays there. */
export const TextPane = defineComponent({
  name: 'StepcastText',
  props: { text: { type: String, required: true } },
  setup(props) {
    const { labels } = useView();
    const box = shallowRef<HTMLPreElement>();
    let follows = true;
    const settle = () => {
      if (box.value && follows) box.value.scrollTop = box.value.scrollHeight;
    };
    const onScroll = () => {
      if (box.value) follows = box.value.scrollHeight - box.value.scrollTop - box.value.clientHeight < AT_END;
    };
    onMounted(settle);
    watch(() => props.text, settle, { flush: 'post' });
    return () => {
      const { text, left } = tailOf(props.text);
      return h('div', { class: 'stepcast-text' }, [
        left > 0 ? h('p', { class: 'stepcast-note' }, labels.value.earlierText(left)) : null,
        h('pre', { ref: box, class: 'stepcast-text-box', tabindex: 0, role: 'region', 'aria-label': labels.value.text, onScroll }, text),
      ]);
    };
  },
});
