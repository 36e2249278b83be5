// The shared worker: all pages of a browser read one stream.

import { Hub } from './lib/hub.js';

const hub = new Hub(new URL('../api/events', self.location.href).pathname);

self.onconnect = event => {
  const port = event.ports[0];
  port.onmessage = message => hub.hear(port, message.data);
  hub.join(port, message => port.postMessage(message));
};
