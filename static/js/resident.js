/** Every resident page: the way out, and no trail in the history. Nothing here is needed to read or to call. */

import { watchExit } from "./lib/leave.js";
import { watchLinks } from "./lib/replace.js";

watchExit();
watchLinks();
