/** Which client the composables and components below use. */
import { type App, hasInjectionContext, inject, type InjectionKey, type Plugin, provide } from 'vue';
import { type StepcastClient } from '../client/stepcast.client.js';

const KEY: InjectionKey<StepcastClient> = Symbol('stepcast');

/**
 * Gives the client to the whole app.
 *
 * @example
 * createApp(App).use(stepcastPlugin, new StepcastClient({ auth: { token } })).mount('#app');
 */
export const stepcastPlugin: Plugin<[StepcastClient]> = {
  install: (app: App, client: StepcastClient) => void app.provide(KEY, client),
};

/** Gives the client to all below the component whose `setup` calls it. */
export function provideStepcast(client: StepcastClient): void {
  provide(KEY, client);
}

/**
 * @param given Wins over that of the app.
 * @throws TypeError where there is neither.
 */
export function useStepcastClient(given?: StepcastClient): StepcastClient {
  const client = given ?? (hasInjectionContext() ? inject(KEY, undefined) : undefined);
  if (!client) throw new TypeError('no Stepcast client: app.use(stepcastPlugin, client), call provideStepcast(client) above, or give the composable a `client`');
  return client;
}
