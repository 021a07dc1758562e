import { type ComputedRef, computed, inject, type InjectionKey, provide, type VNodeChild } from 'vue';
import { labelsOf, type ViewLabels } from '../../client/view/labels.js';
import { type StepNode } from '../../client/view/step.tree.js';
import { type WorkflowStream } from '../use-workflow-stream.js';

/** What all parts of one view go by. */
export interface ViewSettings {
  labels: ComputedRef<ViewLabels>;
  answer: WorkflowStream['answer'];
  renderStep: () => ((node: StepNode) => VNodeChild) | undefined;
}

const KEY: InjectionKey<ViewSettings> = Symbol('stepcast view');

export function provideView(settings: ViewSettings): void {
  provide(KEY, settings);
}

export function useView(): ViewSettings {
  return inject(KEY, () => ({ labels: computed(() => labelsOf(undefined)), answer: async () => {}, renderStep: () => undefined }), true);
}
