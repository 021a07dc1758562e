import { ConfigurableModuleBuilder } from '@nestjs/common';
import { type StreamingOptions } from './streaming.options.js';

export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN, OPTIONS_TYPE, ASYNC_OPTIONS_TYPE } = new ConfigurableModuleBuilder<Partial<StreamingOptions>>()
  .setClassMethodName('forRoot')
  .build();
