import type { ComponentType } from 'preact'
import { hrefOf, partAfter } from '../router.js'
import type { PageProps } from '../ui/lazy.js'
import { NoPage } from '../ui/no-page.js'
import { ChatPage } from './chat/chat-page.js'
import { CopyLink } from './copy-link.js'
import { EventPage } from './event/event-page.js'
import { ChangesPage } from './lists/changes-page.js'
import { ReadsPage } from './lists/reads-page.js'
import { LogPage } from './log/log-page.js'
import { AccountPage } from './people/account-page.js'
import { PeoplePage } from './people/people-page.js'
import { TreePage } from './tree/tree-page.js'

interface View {
  /** Below /audit. */
  readonly at: string
  readonly title: string
  /** `of` is what the address names, such as a position or the id of a chat. */
  readonly Page: ComponentType<{ of: string }>
}

const views: readonly View[] = [
  { at: 'log', title: 'Log', Page: LogPage },
  { at: 'accounts', title: 'Accounts', Page: PeoplePage },
  { at: 'reads', title: 'Reads', Page: ReadsPage },
  { at: 'erasures', title: 'Erasures', Page: () => <ChangesPage list="erasures" /> },
  { at: 'edits', title: 'Edits', Page: () => <ChangesPage list="edits" /> },
  { at: 'tree', title: 'Tree and export', Page: TreePage },
]

/** What one gets to from these, by a link. */
const single: readonly View[] = [
  { at: 'events', title: 'Event', Page: EventPage },
  { at: 'chats', title: 'Chat', Page: ChatPage },
  { at: 'accounts', title: 'Account', Page: AccountPage },
]

/** All addresses under /audit. Each of them has the whole view: another auditor who opens it sees the same. */
export function AuditPage({ title }: PageProps) {
  const [at = '', of = ''] = (partAfter('/audit') || 'log').split('/')
  const view = of ? single.find((one) => one.at === at) : views.find((one) => one.at === at)
  if (!view) return <NoPage />
  const { Page } = view
  return (
    <div class="page audit">
      <div class="row spread">
        <h1>
          {title}: {view.title.toLowerCase()}
        </h1>
        <CopyLink />
      </div>
      <nav class="tabs" aria-label="Audit">
        {views.map((one) => (
          <a
            key={one.at}
            class="tab"
            href={hrefOf(`/audit/${one.at}`)}
            aria-current={one.at === at ? 'page' : undefined}
          >
            {one.title}
          </a>
        ))}
      </nav>
      <p class="quiet small">Whatever you read here leaves an event in the log: what was read, by you, and when.</p>
      <Page key={`${at}/${of}`} of={of} />
    </div>
  )
}
