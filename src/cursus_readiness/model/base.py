"""What every stored shape has in common."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Seconds = Annotated[float, Field(ge=0, description="seconds")]
Bytes = Annotated[int, Field(ge=0, description="bytes")]


class Model(BaseModel):
    """A frozen shape that refuses unknown fields. ``None`` means *not measured*."""

    model_config = ConfigDict(frozen=True, extra="forbid")
