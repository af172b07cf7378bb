"""The monitor without a screen: samples in, alarms journalled and published. It waits for no viewer."""

from monitor.core.core import Core
from monitor.core.settings import CoreSettings

__all__ = ["Core", "CoreSettings"]
