import { type OnModuleDestroy, type Type } from '@nestjs/common';

/**
 * Documents every route of a controller (of its methods, all but the hook); one that is left out does not compile. The controller itself knows nothing of
 * it, so that a service starts without the libraries of OpenAPI. Once for each controller: what is told adds up.
 */
export function describeRoutes<C extends object>(controller: Type<C>, routes: Record<Exclude<Extract<keyof C, string>, keyof OnModuleDestroy>, MethodDecorator>): void {
  const prototype = controller.prototype as object;
  for (const [name, describe] of Object.entries<MethodDecorator>(routes)) {
    describe(prototype, name, Object.getOwnPropertyDescriptor(prototype, name) as PropertyDescriptor);
  }
}
