/**
 * Where mutants are made, and which tests are theirs; the first area that has a file counts. None of these tests starts
 * a process. Those that need the run's own mongod and Valkey get them. What modules declare while they load is looked at
 * by `declared`, though these tests may call nothing of its file.
 */
export const areas = [
  {
    of: 'src/event-store',
    by: /^test\/(unit|exhaustive)\/(event-store\/(?!memory-database)|chat\/(chat|reading-along)\.|.*\.read-model\.)/,
  },
  { of: 'src/proof', by: /^test\/unit\/(proof\/|audit\/(verify-export|signed-tree)\.)/ },
  {
    of: 'src/notary',
    by: /^test\/(unit|exhaustive)\/(event-store\/memory-faults-notary|audit\/(notary|signed-tree|log-root)\.)/,
  },
  {
    of: 'src/audit/verification',
    by: /^test\/(unit\/audit\/(verif|changed-appends|hash-differences)|exhaustive\/audit\/(tampering|forged-appends))/,
  },
  {
    of: 'src/chat',
    by: /^test\/((unit|exhaustive)\/(openai\/(?!official-client)|chat|realtime|projects)|unit\/(documents\/(?=\d)|api\/contract)|exhaustive\/api\/caps)/,
    declared: /^test\/unit\/(api\/contract|chat\/commands|chat\/chat-events)\./,
  },
]

export const areaOf = (file) => areas.find(({ of }) => file.startsWith(`${of}/`))

export const specsFor = (files, tests) => {
  const used = files.map((file) => areaOf(file).by)
  return tests.filter((file) => file.endsWith('.test.ts') && used.some((by) => by.test(file)))
}
