import type { ComponentChildren } from 'preact'
import { plural } from '../ui/format.js'
import { Failure } from '../ui/loaded.js'
import type { Pages } from './pages.js'

interface Props<Item> {
  of: Pages<Item>
  /** One of its items: "read". */
  one: string
  columns: readonly string[]
  row: (item: Item) => ComponentChildren
}

/** A list as a table. A page that was searched through may have found nothing, and there may still be more. */
export function PagedTable<Item>({ of, one, columns, row }: Props<Item>) {
  const { items, isLoading, isComplete, error, more } = of
  const found = plural(items.value.length, one)
  return (
    <div class="stack">
      {items.value.length > 0 && (
        // What scrolls has to be reached by keys, although it is no control (WCAG 2.1.1).
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        <section class="wide" tabIndex={0} aria-label={`Table: ${one}s`}>
          <table class="table">
            <thead>
              <tr>
                {columns.map((title) => (
                  <th key={title} scope="col">
                    {title}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>{items.value.map(row)}</tbody>
          </table>
        </section>
      )}
      {error.value !== undefined && <Failure error={error.value} again={more} />}
      <div class="row">
        <output class="quiet small">
          {isLoading.value
            ? 'Loading …'
            : isComplete.value
              ? items.value.length > 0
                ? `${found}: that is all.`
                : `There is no ${one} like this.`
              : `${found} so far.`}
        </output>
        {!isComplete.value && !isLoading.value && error.value === undefined && (
          <button type="button" class="button" onClick={more}>
            Show more
          </button>
        )}
      </div>
    </div>
  )
}
