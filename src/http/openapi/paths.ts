import type { OpenAPIObject } from '@nestjs/swagger'

export type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>

export const methods = ['get', 'post', 'put', 'patch', 'delete'] as const

export function operationsOf({ paths }: OpenAPIObject) {
  return Object.entries(paths).flatMap(([path, item]) =>
    methods.flatMap((method) => {
      const operation = item[method]
      return operation ? [{ path, method, operation }] : []
    }),
  )
}

/** The handler, for all paths that lead to it. */
const handlerOf = ({ operationId = '' }: Operation) => operationId.replace(/\[\d+\]$/, '')

/**
 * OpenAPI does not say which of two templates is meant by an address that fits both; our router does. Where a handler
 * has several paths, those that are ambiguous are left out, the most ambiguous one first, and the operation of a path
 * that stays names them.
 */
export function leaveOutAmbiguousPaths(document: OpenAPIObject): void {
  const paths = Object.keys(document.paths)
  const rivals = new Map(paths.map((path) => [path, paths.filter((other) => mayMeanTheSame(path, other))]))
  const rivalsOf = ({ path }: { path: string }) => rivals.get(path)!.filter((other) => document.paths[other]).length
  for (;;) {
    const all = operationsOf(document)
    const [worst] = all
      .map((one) => ({ ...one, rivals: rivalsOf(one), kept: clearestSibling(one, all, rivalsOf) }))
      .filter(({ rivals, kept }) => kept && rivals > rivalsOf(kept))
      .toSorted((a, b) => b.rivals - a.rivals)
    if (!worst) return
    const { path, method, kept } = worst
    delete document.paths[path]![method]
    if (!all.some((one) => one.path === path && one.method !== method)) delete document.paths[path]
    nameAlias(kept!.operation, path, worst.operation)
  }
}

type Found = ReturnType<typeof operationsOf>[number]

const clearestSibling = (one: Found, all: readonly Found[], rivalsOf: (one: Found) => number) =>
  all
    .filter((other) => other !== one && other.method === one.method)
    .filter((other) => handlerOf(other.operation) === handlerOf(one.operation))
    .toSorted((a, b) => rivalsOf(a) - rivalsOf(b))[0]

type WithAliases = Operation & { 'x-also-at'?: string[] }

function nameAlias(kept: WithAliases, path: string, { 'x-also-at': others = [] }: WithAliases): void {
  kept['x-also-at'] = [...(kept['x-also-at'] ?? []), path, ...others]
  kept.description = [kept.description, `Also at \`${path}\`.`].filter(Boolean).join(' ')
}

/** Whether an address fits both, and neither path is the more exact one in all its parts. */
function mayMeanTheSame(one: string, other: string): boolean {
  const [a, b] = [one.split('/'), other.split('/')]
  const isOpen = (part: string) => part.startsWith('{')
  const fits = a.length === b.length && a.every((part, i) => part === b[i] || isOpen(part) || isOpen(b[i]!))
  const isOnlyOpenIn = (x: string[], y: string[]) => x.some((part, i) => isOpen(part) && !isOpen(y[i]!))
  return fits && isOnlyOpenIn(a, b) && isOnlyOpenIn(b, a)
}

/** Several paths may lead to one handler; each of them gets an operation id of its own. */
export function makeOperationIdsUnique(document: OpenAPIObject): void {
  const seen = new Map<string, number>()
  for (const { operation } of operationsOf(document)) {
    if (!operation.operationId) continue
    const id = handlerOf(operation)
    const times = (seen.get(id) ?? 0) + 1
    seen.set(id, times)
    operation.operationId = times > 1 ? `${id}_${times}` : id
  }
}
