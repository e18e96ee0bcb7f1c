"""The commands: one module a command or a small family. `parser` lists them all."""
