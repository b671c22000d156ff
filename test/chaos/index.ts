/* `npm run chaos`: everything that is killed, raced or repeated too often for `npm test`. Ends with 1 at the first loss. */
import './store-chaos.js';
import './session-chaos.js';
import './signal-chaos.js';
import './pending-chaos.js';
import './resource-chaos.js';
import './thorough-suites.js';
