"""The shapes that travel between the phases: frozen, validated, without I/O."""
