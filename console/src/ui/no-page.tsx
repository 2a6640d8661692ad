import { hrefOf } from '../router.js'

export const NoPage = () => (
  <div class="state">
    <h1>Not found</h1>
    <p>The console has no page at this address.</p>
    <a class="button" href={hrefOf('/chat')}>
      Go to your chats
    </a>
  </div>
)
