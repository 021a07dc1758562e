import { ConfigurableModuleBuilder } from '@nestjs/common';
import { type StreamingOptions } from './streaming.options.js';

export interface StreamingExtras {
  /** Where the routes are, below the app's global prefix; default `api/v1`. */
  path: string;
  /** Whether other modules can inject the services without importing this one; default true. */
  isGlobal: boolean;
}

export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN, OPTIONS_TYPE, ASYNC_OPTIONS_TYPE } = new ConfigurableModuleBuilder<Partial<StreamingOptions>>()
  .setClassMethodName('forRoot')
  .build();
