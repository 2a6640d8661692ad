import { useSignalEffect } from '@preact/signals'
import { Component, type ComponentChildren } from 'preact'
import { Failure, Waiting } from './ui/loaded.js'
import { Layout } from './layout.js'
import { pageAt } from './pages.js'
import { SignIn } from './sign-in.js'
import { account, resume } from './session.js'
import { token } from './api/token.js'
import { Offline } from './api/problem.js'
import { useLoading } from './ui/loaded.js'

/** People sign in first, and then see the page of the address that they opened. */
export function App() {
  if (account.value) return <Signed />
  return token.value ? <Resumed /> : <SignIn />
}

/** A tab that was refreshed still has its token; one that is no longer valid leads to the sign-in. */
function Resumed() {
  const { error, again } = useLoading(() => resume(token.peek()))
  useSignalEffect(() => {
    if (error.value !== undefined && !(error.value instanceof Offline)) token.value = ''
  })
  return (
    <main class="alone">
      {error.value ? <Failure error={error.value} again={again} /> : <Waiting what="your account" />}
    </main>
  )
}

function Signed() {
  const { key, title, Page } = pageAt()
  useSignalEffect(() => {
    document.title = `${pageAt().title} · Verbatim`
  })
  return (
    <Layout>
      <Boundary key={key}>
        <Page title={title} />
      </Boundary>
    </Layout>
  )
}

/** A page that fails leaves the others usable. */
class Boundary extends Component<{ children: ComponentChildren }, { error?: unknown }> {
  override state: { error?: unknown } = {}

  static override getDerivedStateFromError(error: unknown) {
    return { error }
  }

  override render({ children }: { children: ComponentChildren }, { error }: { error?: unknown }) {
    return error === undefined ? children : <Failure error={error} again={() => this.setState({ error: undefined })} />
  }
}
