# The parameters of the CloudFormation template, in Terraform's spelling.

variable "name" {
  description = "What the resources are named after."
  type        = string
  default     = "loadstone-pipeline"
}

variable "image_uri" {
  description = "The container image of loadstone in ECR, by its digest."
  type        = string

  validation {
    condition     = can(regex("^\\d{12}\\.dkr\\.ecr\\.[a-z0-9.-]+/[a-z0-9._/-]+@sha256:[0-9a-f]{64}$", var.image_uri))
    error_message = "image_uri: by its digest: ACCOUNT.dkr.ecr.REGION.amazonaws.com/NAME@sha256:..."
  }
}

variable "architecture" {
  description = "What the image was built for."
  type        = string
  default     = "arm64"

  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "architecture: one of arm64, x86_64"
  }
}

variable "memory_size" {
  description = "MB of memory; the share of the processor grows with it."
  type        = number
  default     = 512

  validation {
    condition     = var.memory_size >= 256 && var.memory_size <= 10240
    error_message = "memory_size: at least 256, at most 10240"
  }
}

variable "ephemeral_storage" {
  description = "MB of /tmp: workbooks, Parquet and archives are spooled there."
  type        = number
  default     = 2048

  validation {
    condition     = var.ephemeral_storage >= 512 && var.ephemeral_storage <= 10240
    error_message = "ephemeral_storage: at least 512, at most 10240"
  }
}

variable "function_timeout" {
  description = "Seconds that one call may take. The queue waits six times as long before it offers an event again."
  type        = number
  default     = 300

  validation {
    condition     = contains([60, 120, 300, 600, 900], var.function_timeout)
    error_message = "function_timeout: one of 60, 120, 300, 600, 900"
  }
}

variable "pipeline_file" {
  description = "Where pipeline.yaml is: a path in the image from /var/task, s3://bucket/key or ssm://name."
  type        = string
  default     = "pipeline.yaml"
}

variable "pipeline_name" {
  description = "The name that pipeline.yaml gives itself; metrics carry it."
  type        = string
  default     = "default"
}

variable "configuration_object" {
  description = "The object that PipelineFile names, without s3://: bucket/key. The function may read it."
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^$|^[a-z0-9.-]{3,63}/.+$", var.configuration_object))
    error_message = "configuration_object: not of the form ^$|^[a-z0-9.-]{3,63}/.+$"
  }
}

variable "configuration_parameter" {
  description = "The parameter that PipelineFile names, without ssm:// and leading slash. The function may read it."
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^$|^[A-Za-z0-9_.-][A-Za-z0-9_./-]*$", var.configuration_parameter))
    error_message = "configuration_parameter: not of the form ^$|^[A-Za-z0-9_.-][A-Za-z0-9_./-]*$"
  }
}

variable "database_host" {
  description = "Where the database is, if the secret does not say: RDS writes user and password alone."
  type        = string
  default     = ""
}

variable "database_port" {
  description = "Its port."
  type        = number
  default     = 5432

  validation {
    condition     = var.database_port >= 1 && var.database_port <= 65535
    error_message = "database_port: at least 1, at most 65535"
  }
}

variable "database_name" {
  description = "The database on that host."
  type        = string
  default     = "loadstone"
}

variable "database_url" {
  description = "A URL in place of all this, without a password: postgresql://USER@HOST/NAME?iam=true."
  type        = string
  default     = ""
}

variable "database_secret_arn" {
  description = "The secret with user and password. The function may read it, and no other."
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^$|^arn:aws[a-z-]*:secretsmanager:.+$", var.database_secret_arn))
    error_message = "database_secret_arn: not of the form ^$|^arn:aws[a-z-]*:secretsmanager:.+$"
  }
}

variable "database_secret_key_arn" {
  description = "The KMS key of the secret, where it is not the one that AWS manages."
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^$|^arn:aws[a-z-]*:kms:.+$", var.database_secret_key_arn))
    error_message = "database_secret_key_arn: not of the form ^$|^arn:aws[a-z-]*:kms:.+$"
  }
}

variable "database_connect_arn" {
  description = "The database user to log in as by IAM: arn:aws:rds-db:REGION:ACCOUNT:dbuser:RESOURCE/USER."
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^$|^arn:aws[a-z-]*:rds-db:.+$", var.database_connect_arn))
    error_message = "database_connect_arn: not of the form ^$|^arn:aws[a-z-]*:rds-db:.+$"
  }
}

variable "maximum_concurrent_loads" {
  description = "How many loads may run at once: functions and transactions. A load takes up to two connections."
  type        = number
  default     = 8

  validation {
    condition     = var.maximum_concurrent_loads >= 2 && var.maximum_concurrent_loads <= 1000
    error_message = "maximum_concurrent_loads: at least 2, at most 1000"
  }
}

variable "subnet_ids" {
  description = "The subnets that reach the database and the endpoints. Empty: the function runs outside of any VPC."
  type        = list(string)
  default     = []
}

variable "security_group_ids" {
  description = "The security groups of the function."
  type        = list(string)
  default     = []
}

variable "existing_bucket_name" {
  description = "A bucket that is there, with EventBridge turned on. Empty: the stack makes one."
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^$|^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.existing_bucket_name))
    error_message = "existing_bucket_name: not of the form ^$|^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$"
  }
}

variable "bucket_key_arn" {
  description = "The KMS key of the bucket. Empty: S3 encrypts with keys of its own."
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^$|^arn:aws[a-z-]*:kms:.+$", var.bucket_key_arn))
    error_message = "bucket_key_arn: not of the form ^$|^arn:aws[a-z-]*:kms:.+$"
  }
}

variable "key_prefix" {
  description = "Only objects whose keys begin so are loaded, and may be read."
  type        = string
  default     = ""
}

variable "access_log_bucket" {
  description = "A bucket for the server access logs of the bucket that the stack makes. Empty: none."
  type        = string
  default     = ""
}

variable "noncurrent_version_days" {
  description = "Days after which overwritten and deleted versions go for good."
  type        = number
  default     = 30

  validation {
    condition     = var.noncurrent_version_days >= 1
    error_message = "noncurrent_version_days: at least 1"
  }
}

variable "notification_email" {
  description = "Who gets alarms and notifications; AWS asks them to confirm."
  type        = string
  default     = ""
}

variable "topic_key_arn" {
  description = "The KMS key of the topic; its policy must allow cloudwatch.amazonaws.com. Empty: none."
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^$|^arn:aws[a-z-]*:kms:.+$", var.topic_key_arn))
    error_message = "topic_key_arn: not of the form ^$|^arn:aws[a-z-]*:kms:.+$"
  }
}

variable "reconcile_schedule" {
  description = "When to load what no event brought, such as rate(1 day). Empty: never."
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^$|^(rate|cron)\\(.+\\)$", var.reconcile_schedule))
    error_message = "reconcile_schedule: not of the form ^$|^(rate|cron)\\(.+\\)$"
  }
}

variable "oldest_message_alarm_seconds" {
  description = "The alarm rings when an event waits for longer."
  type        = number
  default     = 900

  validation {
    condition     = var.oldest_message_alarm_seconds >= 60
    error_message = "oldest_message_alarm_seconds: at least 60"
  }
}

variable "lag_alarm_seconds" {
  description = "The alarm rings when the time from event to commit is longer."
  type        = number
  default     = 600

  validation {
    condition     = var.lag_alarm_seconds >= 1
    error_message = "lag_alarm_seconds: at least 1"
  }
}

variable "log_retention_days" {
  description = "Days that logs are kept."
  type        = number
  default     = 30

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 180, 365, 731], var.log_retention_days)
    error_message = "log_retention_days: one of 1, 3, 5, 7, 14, 30, 60, 90, 180, 365, 731"
  }
}
