// What loading node:net costs, which Node has compiled in.
import 'node:net';
