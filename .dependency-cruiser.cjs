/** Imports point one way, so that every part can be read by itself. test/ and bench/ may import anything. */

const contexts = 'identity|chat|projects|guests|analytics'
const readers = 'audit|realtime|ops'

/** What a context shows to others: its aggregates' events, its commands, its queries, and what its module exports. */
const openDoors = ['^src/[^/]+/[^/.]+\\.ts$', '/commands/', '/queries/', '\\.view\\.ts$', '\\.events\\.ts$', '\\.module\\.ts$']

const emptyNames = {
  path: ['utils?', 'helpers?', 'common', 'manager', 'base'].map((name) => `[/.-]${name}[/.]`),
  pathNot: 'node_modules',
}

const never = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to })

module.exports = {
  forbidden: [
    never('no-cycles', 'A cycle fails at start under ESM, and hides who needs whom', {}, { circular: true }),
    never(
      'the-engines-stand-alone',
      'event-store, proof and llm import nothing of ours: each can be read, tested and reused by itself',
      { path: '^src/(event-store|proof|llm)/' },
      { path: '^src/', pathNot: '^src/$1/' },
    ),
    never(
      'proof-knows-bytes-only',
      'Verification runs offline, with nothing but Node',
      { path: '^src/proof/' },
      { pathNot: '^src/proof/', dependencyTypesNot: ['core'] },
    ),
    never(
      'the-edge-knows-no-context',
      'Contexts register with http, not the other way round',
      { path: '^src/http/' },
      { path: `^src/(${contexts}|${readers}|embedded)/` },
    ),
    never(
      'contexts-meet-at-open-doors',
      'A context uses another through its commands, queries and events only',
      { path: `^src/(${contexts})/` },
      { path: `^src/(${contexts})/`, pathNot: ['^src/$1/', ...openDoors] },
    ),
    never(
      'contexts-do-not-know-their-readers',
      'Auditors, operators and sockets look at the contexts, not the other way round',
      { path: `^src/(${contexts}|http)/` },
      { path: `^src/(${readers})/` },
    ),
    never(
      'telemetry-knows-no-context',
      'Everything may be measured, so what measures knows only what all know',
      { path: '^src/telemetry/' },
      { path: `^src/(${contexts}|${readers}|http|service|embedded)/` },
    ),
    never(
      'embedded-only-at-start',
      'Whether an engine is embedded is nobody else’s concern',
      { path: '^src/', pathNot: ['^src/(main|command-line)\\.ts$', '^src/service/settle\\.ts$', '^src/embedded/'] },
      { path: '^src/embedded/' },
    ),
    never(
      'embedded-knows-no-service',
      'It starts engines for the service, for tests and for benches alike',
      { path: '^src/embedded/' },
      { path: '^src/', pathNot: '^src/embedded/' },
    ),
    never(
      'one-wiring-point',
      'Nothing imports what is started, and only what is started imports the module that wires everything',
      { path: '^src/', pathNot: '^src/(main|cli|command-line)\\.ts$' },
      { path: '^src/(main|cli|command-line|app\\.module)\\.ts$' },
    ),
    never(
      'bullmq-in-two-places',
      'Jobs are a way to do things, known to the replies and to operators',
      { path: '^src/', pathNot: ['^src/chat/replies/', '^src/ops/', '^src/app\\.module\\.ts$'] },
      { path: '(^|/)node_modules/(bullmq|@nestjs/bullmq)/' },
    ),
    never(
      'production-code-stands-alone',
      'What is shipped imports neither tests nor benches',
      { path: '^src/' },
      { path: '^(test|bench|scripts)/' },
    ),
    never(
      'no-development-packages',
      'The image holds production packages only',
      { path: '^src/', pathNot: '/testing\\.ts$' },
      { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'], pathNot: 'node_modules/@types/' },
    ),
    never('names-that-say-nothing', 'A file is named after the one thing it says', emptyNames, {}),
    never('names-that-say-nothing', 'A file is named after the one thing it says', {}, emptyNames),
    never('everything-resolves', 'An import that leads nowhere fails at start', {}, { couldNotResolve: true }),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|build)/' },
    tsConfig: { fileName: 'tsconfig.json' },
    // Types count too: a rule that holds for values only would let a shape leak.
    tsPreCompilationDeps: 'specify',
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
      extensions: ['.ts', '.js', '.mjs', '.json', '.d.ts'],
    },
  },
}
