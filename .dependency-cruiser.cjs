/** Who may import whom: contract <- journal <- orchestration <- streaming <- app. */
const src = (...folders) => `^src/(${folders.join('|')})/`;
const rule = (name, from, to) => ({ name, severity: 'error', from: { path: src(from), pathNot: '\\.spec\\.ts$' }, to: { path: '^src/', pathNot: to } });

module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-unresolved', severity: 'error', from: {}, to: { couldNotResolve: true } },
    { name: 'no-front-door-inside', severity: 'error', comment: 'import files, not the barrel', from: { path: '^src/' }, to: { path: '^src/index\\.ts$' } },
    { name: 'contract-is-pure', severity: 'error', from: { path: '^src/contract/', pathNot: '\\.spec\\.ts$' }, to: { pathNot: '^src/contract/' } },
    rule('journal', 'journal', src('contract', 'journal')),
    rule('redaction', 'redaction', src('redaction')),
    rule('orchestration', 'orchestration', src('contract', 'redaction', 'journal', 'orchestration')),
    rule('llm', 'llm', src('contract', 'redaction', 'orchestration', 'llm')),
    rule('auth', 'auth', src('contract', 'auth')),
    rule('rate-limit', 'rate-limit', src('contract', 'rate-limit')),
    rule('metrics', 'metrics', src('contract', 'journal', 'metrics')),
    rule('streaming', 'streaming', src('contract', 'redaction', 'journal', 'orchestration', 'llm', 'auth', 'rate-limit', 'metrics', 'streaming')),
    rule('client', 'client', src('contract', 'client')),
    rule('react', 'react', src('contract', 'client', 'react')),
    rule('vue', 'vue', src('contract', 'client', 'vue')),
    rule('dashboard', 'dashboard', src('contract', 'client', 'react', 'dashboard')),
    rule('cli', 'cli', src('contract', 'client', 'cli')),
    { name: 'client-needs-no-framework', severity: 'error', from: { path: '^src/client/', pathNot: '\\.spec\\.ts$' }, to: { path: 'node_modules', pathNot: 'node_modules/eventsource-parser/' } },
    rule('examples', 'examples', `${src('contract', 'orchestration', 'llm', 'examples')}|^src/assets\\.ts$`),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { extensions: ['.ts', '.tsx', '.js'], exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
