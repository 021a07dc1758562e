import { Injectable, Module, type Provider, Scope } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { describe, expect, it } from '@jest/globals';
import { IsIn, IsOptional, IsString } from 'class-validator';
import { Tool, type ToolHandler } from './tool.js';
import { ToolExplorer } from './tool.explorer.js';
import { ToolRegistry } from './tool.registry.js';

class CityDto {
  @IsString() city!: string;
  @IsOptional() @IsIn(['c', 'f']) unit?: string;
}

@Injectable()
class Stations {
  now(city: string) { return `${city}: sun`; }
}

@Tool({ name: 'weather', description: 'The weather in a city now', schema: CityDto, timeoutMs: 5000 })
class Weather implements ToolHandler<CityDto> {
  constructor(private readonly stations: Stations) {}
  execute({ city }: CityDto) { return this.stations.now(city); }
}

@Tool({ name: 'clock', description: 'The time' })
class Clock implements ToolHandler {
  execute() { return 0; }
}

/** The tools of `providers` when the module has started. */
async function started(providers: Provider[], imports: NonNullable<Parameters<typeof Test.createTestingModule>[0]['imports']> = []): Promise<ToolRegistry> {
  const module = await Test.createTestingModule({ imports: [DiscoveryModule, ...imports], providers: [ToolRegistry, ToolExplorer, Stations, ...providers] }).compile();
  await module.init();
  return module.get(ToolRegistry);
}

describe('the explorer of tools', () => {
  it('registers the providers with @Tool, with the schema of their class and a check by it', async () => {
    const tools = await started([Weather]);
    const weather = tools.get('weather');
    expect(weather).toMatchObject({
      name: 'weather', description: 'The weather in a city now', timeoutMs: 5000,
      schema: { type: 'object', required: ['city'], properties: { city: { type: 'string' }, unit: { type: 'string', enum: ['c', 'f'] } } },
    });
    expect(await weather?.check({ city: 'Bonn', unit: 'c' })).toEqual([]);
    expect(await weather?.check({ unit: 'k', more: 1 })).toEqual(expect.arrayContaining([
      { path: '/city', message: 'city must be a string' }, { path: '/unit', message: expect.stringContaining('must be one of') }, { path: '/more', message: 'property more should not exist' },
    ]));
    expect(weather?.handler.execute({ city: 'Bonn' } as never, {} as never)).toBe('Bonn: sun');
  });

  it('takes a JSON Schema, and any object where there is none', async () => {
    @Tool({ name: 'add', description: 'Adds', schema: { type: 'object', required: ['a'], properties: { a: { type: 'number' } } } })
    class Add { execute() { return 1; } }
    const tools = await started([Add, Clock]);
    expect(await tools.get('add')?.check({ a: 'x' })).toEqual([{ path: '/a', message: expect.any(String) }]);
    expect(tools.get('clock')).toMatchObject({ schema: { type: 'object' }, timeoutMs: 60_000 });
    for (const [input, count] of [[{}, 0], [{ a: 1 }, 0], [null, 1], ['x', 1], [[], 1]] as const) expect(await tools.get('clock')?.check(input as never)).toHaveLength(count);
  });

  it('registers one provider once, however it is made and from wherever it is reached', async () => {
    @Module({ providers: [Stations, Weather], exports: [Weather] })
    class Shared {}
    const tools = await started([{ provide: 'CLOCK', useFactory: () => new Clock() }, { provide: 'ALIAS', useExisting: 'CLOCK' }], [Shared]);
    expect(tools.names().sort()).toEqual(['clock', 'weather']);
  });

  describe('refuses the start', () => {
    it('where two tools have one name', async () => {
      @Tool({ name: 'clock', description: 'Another one' })
      class Second { execute() { return 1; } }
      await expect(started([Clock, Second])).rejects.toThrow('two tools are named "clock"; rename one');
    });

    it('where the method is missing', async () => {
      @Tool({ name: 'idle', description: 'Nothing' })
      class Idle {}
      await expect(started([Idle])).rejects.toThrow("the class with @Tool('idle') has no method execute(input, context)");
    });

    it('where no model could call it', async () => {
      @Tool({ name: 'no good', description: '', schema: { type: 'array' } })
      class Bad { execute() { return 1; } }
      await expect(started([Bad])).rejects.toThrow(/^the tool "no good" cannot be used:\n(- .*\n){2}- /);
    });

    it.each([Scope.REQUEST, Scope.TRANSIENT])('where it is no singleton (scope %d)', async (scope) => {
      @Injectable({ scope })
      @Tool({ name: 'scoped', description: 'Scoped' })
      class Scoped { execute() { return 1; } }
      await expect(started([Scoped])).rejects.toThrow(/Scoped is (request|transient)-scoped; tools are singletons/);
    });
  });
});
