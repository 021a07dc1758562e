import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { type NestExpressApplication } from '@nestjs/platform-express';
import { IsString, Length } from 'class-validator';
import { agent, Agent, type AgentContext, type AgentHandler, parallel, sequential, StreamingModule, Workflow, type WorkflowProvider } from 'stepcast';

class Topic {
  @IsString()
  @Length(1, 100)
  topic!: string;
}

/** Any provider can be an agent. Strings that it yields are streamed as they are made, and together they are its output. */
@Agent('outline')
class Outline implements AgentHandler<Topic> {
  async *execute(ctx: AgentContext<Topic>) {
    const parts = ['What it is', 'Where it comes from', 'What it is good for'];
    for (const [i, part] of parts.entries()) {
      yield `${i + 1}. ${ctx.input.topic}: ${part}\n`;
      yield ctx.progress((i + 1) / parts.length, part);
    }
  }
}

@Agent('count')
class Count implements AgentHandler<{ text: string; by: string }> {
  async execute({ input: { text, by } }: AgentContext<{ text: string; by: string }>) {
    return text.trim().split(by).length;
  }
}

@Workflow({ name: 'report', input: Topic })
class Report implements WorkflowProvider {
  define() {
    const text = '{{steps.outline.output}}';
    return sequential(
      'report',
      agent('outline'),
      parallel('size', agent('lines', 'count', { input: { text, by: '\n' } }), agent('words', 'count', { input: { text, by: ' ' } })),
    );
  }
}

@Module({
  imports: [StreamingModule.forRoot({ apiKeys: [{ user: 'me', key: 'change-this-key' }] })],
  providers: [Outline, Count, Report],
})
class AppModule {}

const app = await NestFactory.create<NestExpressApplication>(AppModule);
app.useBodyParser('json', { limit: '1mb' });
app.enableShutdownHooks();
await app.listen(process.env['PORT'] ?? 3000, '127.0.0.1');
