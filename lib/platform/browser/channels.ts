/** Named channels for events. In a page no one subscribes. */

interface Channel {
  readonly hasSubscribers: boolean;
  publish(message: unknown): void;
}

const CHANNEL: Channel = {
  hasSubscribers: false,
  publish() {
    // No one listens.
  },
};

export const channel = (_name: string): Channel => CHANNEL;
