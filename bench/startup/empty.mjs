// The cost of starting Node, without any import.
