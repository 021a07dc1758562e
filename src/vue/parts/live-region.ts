import { defineComponent, h, onMounted, onUnmounted, type PropType, shallowRef, watch } from 'vue';
import { Paced } from '../../client/view/paced.js';
import { type Said } from '../../client/view/progress.view.js';

/** Says what happens to those who do not look: that steps begin, end, are tried again or wait. Not their text. */
export const LiveRegion = defineComponent({
  name: 'StepcastLiveRegion',
  props: { said: { type: Array as PropType<readonly Said[]>, required: true } },
  setup(props) {
    const spoken = shallowRef<readonly Said[]>([]);
    const pace = new Paced<readonly Said[]>((said) => (spoken.value = said));
    onMounted(() => {
      watch(() => props.said, (said) => said.length > 0 && pace.offer(said), { immediate: true });
    });
    onUnmounted(() => pace.stop());
    return () => h('div', { class: 'stepcast-live', role: 'status', 'aria-live': 'polite', 'aria-atomic': 'false' }, spoken.value.map(({ seq, text }) => h('p', { key: seq }, text)));
  },
});
