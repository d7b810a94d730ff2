// What every program pays: it starts and ends.
