// The console's pages: what is live, forms that stay, shortcuts, and what an agent's page does by itself.

import * as agent from "./agent.js";
import * as awake from "./awake.js";
import * as keys from "./keys.js";
import { follow } from "./live.js";
import { sendFromHere } from "./send.js";

sendFromHere();
keys.listen();
awake.listen();
agent.prepare();
follow(agent.told);
