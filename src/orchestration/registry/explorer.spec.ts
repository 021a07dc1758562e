import { Injectable, Logger, Module, type ModuleMetadata, type Provider, Scope } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { describe, expect, it } from '@jest/globals';
import { IsString } from 'class-validator';
import { type AgentContext } from '../agent.js';
import { Agent, ShippedWorkflow, Workflow } from '../decorators.js';
import { agent, parallel, sequential } from '../definition/builder.js';
import { AgentRegistry } from './agent.registry.js';
import { StepcastExplorer } from './explorer.js';
import { WorkflowRegistry } from './workflow.registry.js';

Logger.overrideLogger(false);

@Injectable()
class Db {
  readonly name = 'db';
}

@Agent({ name: 'analyze', description: 'Analyzes.' })
class Analyze {
  constructor(private readonly db: Db) {}
  execute({ input }: AgentContext) { return [this.db.name, input]; }
}

class TopicDto {
  @IsString() topic!: string;
}

@Workflow({ name: 'research', description: 'Researches.', input: TopicDto, streaming: { emitLogs: false }, timeoutMs: 5000 })
class Research {
  define() { return sequential('research', agent('analyze'), parallel('gather', agent('a', 'analyze'), agent('b', 'analyze'))); }
}

/** What is registered of `providers` when the module has started. */
async function started(providers: Provider[], imports: NonNullable<ModuleMetadata['imports']> = []) {
  const module = await Test.createTestingModule({ imports: [DiscoveryModule, ...imports], providers: [AgentRegistry, WorkflowRegistry, StepcastExplorer, Db, ...providers] }).compile();
  await module.init();
  return { agents: module.get(AgentRegistry), workflows: module.get(WorkflowRegistry) };
}

describe('the explorer', () => {
  it('registers the providers with @Agent and @Workflow, whatever they are injected with', async () => {
    const { agents, workflows } = await started([Research, Analyze]);
    expect(agents.names()).toEqual(['analyze']);
    expect(agents.get('analyze')).toMatchObject({ name: 'analyze', description: 'Analyzes.' });
    expect(agents.get('analyze')?.handler.execute({ input: 1 } as never)).toEqual(['db', 1]);
    const [research] = workflows.all();
    expect(research?.definition).toMatchObject({
      name: 'research', description: 'Researches.', streaming: { emitLogs: false }, timeoutMs: 5000, inputSchema: { type: 'object', required: ['topic'] },
      steps: [{ type: 'agent', name: 'analyze' }, { type: 'parallel', name: 'gather' }],
    });
    expect(await research?.checkInput({})).toEqual([{ path: '/topic', message: 'topic must be a string' }]);
    expect(workflows.get('research')).toBe(research);
  });

  it('takes a name alone, and what is made by another class, a factory or given as a value', async () => {
    @Agent('short')
    class Short { execute() { return 1; } }
    @Agent('made')
    class Made { execute() { return 2; } }
    @Agent('given')
    class Given { execute() { return 3; } }
    @Workflow('plain')
    class Plain { define() { return { steps: [agent('short'), agent('made'), agent('given')] }; } }
    const { agents, workflows } = await started([
      { provide: 'SHORT', useClass: Short }, { provide: 'MADE', useFactory: () => new Made() }, { provide: 'GIVEN', useValue: new Given() }, Plain,
    ]);
    expect(agents.names().sort()).toEqual(['given', 'made', 'short']);
    expect(workflows.get('plain')?.definition).toEqual({ name: 'plain', steps: [agent('short'), agent('made'), agent('given')] });
  });

  it('takes what an agent says of its caching, beside its name or with it', async () => {
    @Agent('beside', { description: 'd', cache: { ttlMs: 1000, scope: 'shared' } })
    class Beside { execute() { return 1; } }
    @Agent({ name: 'within', cache: true })
    class Within { execute() { return 1; } }
    const { agents } = await started([Beside, Within]);
    expect([agents.get('beside'), agents.get('within')]).toMatchObject([{ name: 'beside', description: 'd', cache: { ttlMs: 1000, scope: 'shared' } }, { name: 'within', cache: true }]);
  });

  it('registers one provider once, under however many tokens and from however many modules it is reached', async () => {
    @Module({ providers: [Db, Analyze], exports: [Analyze] })
    class Shared {}
    @Module({ imports: [Shared] })
    class Other {}
    const { agents } = await started([{ provide: 'ALIAS', useExisting: Analyze }], [Shared, Other]);
    expect(agents.names()).toEqual(['analyze']);
  });

  describe('refuses the start', () => {
    it('where two agents, or two workflows, have one name', async () => {
      @Agent('analyze')
      class Second { execute() { return 1; } }
      @Workflow('research')
      class Again { define() { return agent('analyze'); } }
      await expect(started([Analyze, Second])).rejects.toThrow('two agents are named "analyze"; rename one');
      await expect(started([Analyze, Research, Again])).rejects.toThrow('two workflows are named "research"; rename one');
    });

    it('where the method is missing', async () => {
      @Agent('idle')
      class Idle {}
      @Workflow('empty')
      class Empty {}
      await expect(started([Idle])).rejects.toThrow("the class with @Agent('idle') has no method execute(context)");
      await expect(started([Empty])).rejects.toThrow("the class with @Workflow('empty') has no method define()");
    });

    it('where an agent says of its caching what cannot be', async () => {
      @Agent('forever', { cache: { ttlMs: Infinity } })
      class Forever { execute() { return 1; } }
      await expect(started([Forever])).rejects.toThrow(/^the cache of @Agent\('forever'\) cannot be: ttlMs must be a whole number from 1 to /);
    });

    it.each([Scope.REQUEST, Scope.TRANSIENT])('where a provider is no singleton (scope %d)', async (scope) => {
      @Injectable({ scope })
      @Agent('scoped')
      class Scoped { execute() { return 1; } }
      await expect(started([Scoped])).rejects.toThrow(/Scoped is (request|transient)-scoped; agents and workflows are singletons/);
    });

    it('where a provider hangs on one that is request-scoped', async () => {
      @Injectable({ scope: Scope.REQUEST })
      class PerRequest {}
      @Agent('below')
      class Below {
        constructor(readonly request: PerRequest) {}
        execute() { return 1; }
      }
      await expect(started([PerRequest, Below])).rejects.toThrow(/Below is request-scoped/);
    });

    it('where a workflow cannot run: its name and every fault, agents that nobody has registered among them', async () => {
      @Workflow('broken')
      class Broken { define() { return [agent('nobody'), agent('twice', 'analyze'), agent('twice', 'nowhere', { input: '{{steps.gone.output}}' })]; } }
      const refused = started([Analyze, Broken]);
      await expect(refused).rejects.toMatchObject({ code: 'invalid_definition' });
      const { message } = await refused.then(() => new Error('it started'), (error: Error) => error);
      expect(message.split('\n')).toEqual([
        'the workflow "broken" cannot run:',
        '- /steps/0/agent names the agent "nobody", which is not registered here (known are analyze)',
        expect.stringMatching(/^- \/steps\/2\/agent names the agent "nowhere"/),
        expect.stringMatching(/^- \/steps\/2\/input .*"gone"/),
        expect.stringMatching(/^- \/steps\/2\/name .*name of two steps/),
      ]);
    });

    it('where the schema of an input cannot be used', async () => {
      @Workflow({ name: 'schema', input: { type: 'nothing' } })
      class Schema { define() { return agent('analyze'); } }
      await expect(started([Analyze, Schema])).rejects.toThrow(/the workflow "schema" cannot run:\n- \/inputSchema\/type /);
    });
  });

  it('takes a workflow that ships with the package as it is', async () => {
    @ShippedWorkflow({ name: 'shipped' })
    class Shipped { define() { return agent('not_registered'); } }
    const { workflows } = await started([Shipped]);
    expect(workflows.get('shipped')?.definition.steps).toHaveLength(1);
  });
});
