/** The standalone service: the module that apps import, with the shipped workflows, health, metrics and logs around it. */
import { type DynamicModule, Module } from '@nestjs/common';
import { LoggerModule } from 'nestjs-pino';
import { type ServiceConfig } from './config.js';
import { BRIEF_PROVIDERS } from './examples/brief/brief.providers.js';
import { BUILD_PROVIDERS } from './examples/build/build.providers.js';
import { RESEARCH_PROVIDERS } from './examples/research/research.providers.js';
import { CHART_PROVIDERS } from './examples/chart/chart.providers.js';
import { DashboardFiles } from './dashboard.files.js';
import { HealthController } from './health.controller.js';
import { logOutput } from './log.output.js';
import { loggerOptions } from './logging.js';
import { MetricsController, OpenMetricsController } from './metrics.controller.js';
import { PageController } from './page.controller.js';
import { StreamingModule } from './streaming/streaming.module.js';

@Module({})
export class AppModule {
  static register(config: ServiceConfig): DynamicModule {
    return {
      module: AppModule,
      imports: [LoggerModule.forRoot({ pinoHttp: [loggerOptions(), logOutput()] }), StreamingModule.forRoot(config.streaming)],
      controllers: [HealthController, config.openMetrics ? OpenMetricsController : MetricsController, PageController],
      providers: [...BRIEF_PROVIDERS, ...BUILD_PROVIDERS, ...CHART_PROVIDERS, ...RESEARCH_PROVIDERS, DashboardFiles],
    };
  }
}
