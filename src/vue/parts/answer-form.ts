/** The question of a step that waits for a person, with the field that its schema asks for. */
import { defineComponent, h, onBeforeUnmount, type PropType, ref, shallowRef, type VNode } from 'vue';
import { type AnswerField, beginningOf, choiceLabel, fieldOf, refusalOf, valueOf } from '../../client/view/answer.js';
import { type ViewLabels } from '../../client/view/labels.js';
import { type JsonValue } from '../../contract/json.js';
import { type StepState } from '../../contract/state.js';
import { useView } from './view.settings.js';

export const AnswerForm = defineComponent({
  name: 'StepcastAnswerForm',
  props: { step: { type: Object as PropType<StepState>, required: true } },
  setup(props) {
    const { labels, answer } = useView();
    const field = fieldOf(props.step.schema);
    const typed = ref(beginningOf(field, props.step.schema));
    const isBusy = ref(false);
    const fault = ref<string>();
    const form = shallowRef<HTMLFormElement>();
    onBeforeUnmount(() => {
      // It goes away with the answer, and who has answered by keyboard is to stay where they were.
      const { value: element } = form;
      if (element?.contains(document.activeElement)) element.closest('.stepcast-step')?.querySelector<HTMLElement>('.stepcast-step-head')?.focus();
    });
    const send = async (value: JsonValue) => {
      if (isBusy.value) return;
      isBusy.value = true;
      fault.value = undefined;
      try {
        await answer(value, props.step.id);
      } catch (error) {
        fault.value = refusalOf(error);
        isBusy.value = false;
      }
    };
    const submit = (event: Event) => {
      event.preventDefault();
      const read = valueOf(field, typed.value, labels.value);
      if ('fault' in read) fault.value = read.fault;
      else void send(read.value);
    };
    return () => {
      const prompt = props.step.prompt ?? labels.value.question(props.step.name);
      const disabled = isBusy.value || undefined;
      const fields = field.kind === 'boolean'
        ? [true, false].map((value) => h('button', { key: String(value), type: 'button', class: 'stepcast-button', 'data-answer': String(value), 'aria-disabled': disabled, onClick: () => void send(value) }, value ? labels.value.yes : labels.value.no))
        : [
            h('label', [h('span', { class: 'stepcast-label' }, labels.value.answer), ' ', control(field, typed.value, labels.value, (next) => (typed.value = next))]),
            ' ', h('button', { type: 'submit', class: 'stepcast-button', 'aria-disabled': disabled }, isBusy.value ? labels.value.sending : labels.value.send),
          ];
      return h('form', { ref: form, class: 'stepcast-answer', 'aria-label': prompt, 'aria-busy': isBusy.value, onSubmit: submit }, [
        h('p', { class: 'stepcast-prompt' }, prompt), ...fields,
        fault.value === undefined ? null : h('p', { class: 'stepcast-fault', role: 'alert' }, fault.value),
      ]);
    };
  },
});

function control(field: AnswerField, typed: string, labels: ViewLabels, onChange: (typed: string) => void): VNode {
  const shared = { class: 'stepcast-input', value: typed, onInput: ({ target }: Event) => onChange((target as HTMLInputElement).value) };
  switch (field.kind) {
    case 'choice':
      return h('select', { ...shared, required: true }, [
        h('option', { value: '' }, labels.choose),
        ...field.choices.map((choice, i) => h('option', { key: i, value: String(i) }, choiceLabel(choice, labels))),
      ]);
    case 'number':
      return h('input', { ...shared, type: 'number', required: true, step: field.isWhole ? 1 : 'any', min: field.min, max: field.max });
    case 'text': {
      const bounds = { minlength: field.minLength, maxlength: field.maxLength, required: (field.minLength ?? 0) > 0 };
      return field.isLong ? h('textarea', { ...shared, ...bounds, rows: 4 }) : h('input', { ...shared, ...bounds, type: 'text', autocomplete: 'off' });
    }
    default:
      return h('textarea', { ...shared, class: 'stepcast-input stepcast-code', required: true, rows: 4, spellcheck: 'false' });
  }
}
