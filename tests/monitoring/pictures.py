"""`make dashboard-pictures`: the dashboards as SVG, from the programs under load for some minutes."""

import shutil
import sys
import tempfile
import time
from pathlib import Path

from monitored import Monitored, monitored

from f1_core import database
from f1_local.kubernetes.apiserver import ApiServer
from f1_local.monitoring import programs
from f1_local.postgres import Postgres
from f1_local.s3 import S3
