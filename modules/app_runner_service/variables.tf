# ------------------------------------------------------------------------------
# REQUIRED
# ------------------------------------------------------------------------------

variable "access_role_arn" {
  description = "The ARN of the role with which App Runner pulls the image."
  type        = string
  nullable    = false
}

variable "image_digest" {
  description = "The digest of the image that runs."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^sha256:[0-9a-f]{64}$", var.image_digest))
    error_message = "The digest must be \"sha256:\" and 64 lower-case hexadecimal digits; a tag is refused, because it can move. Example: \"sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\"."
  }
}

variable "instance_role_arn" {
  description = "The ARN of the role of the application."
  type        = string
  nullable    = false
}

variable "name" {
  description = "The name of the service and of its scaling and tracing configurations."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9_-]{3,31}$", var.name))
    error_message = "The name must have 4 to 32 letters, digits, \"_\" or \"-\" and begin with a letter or digit; a service could have 40, but its scaling configuration cannot. Example: \"trending-now-staging\"."
  }
}

variable "repository_url" {
  description = "The address of the ECR repository of the image, without tag or digest."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[0-9]{12}\\.dkr\\.ecr\\.[a-z0-9-]+\\.[a-z.]+/[a-z0-9]+([._/-][a-z0-9]+)*$", var.repository_url))
    error_message = "The address must be that of a private ECR repository, without tag or digest. Example: the output `url` of the module `ecr_repository`."
  }
}

# ------------------------------------------------------------------------------
# OPTIONAL
# ------------------------------------------------------------------------------

variable "encryption" {
  description = "The KMS key for App Runner's own copy of the image, or null for a key owned by AWS. App Runner wants the ARN of the key and takes no alias."
  type        = object({ kms_key_arn = string })
  default     = null

  validation {
    condition     = var.encryption == null ? true : can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[a-zA-Z0-9-]+$", var.encryption.kms_key_arn))
    error_message = "The key must be given by its full ARN and not by an alias. Example: \"arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab\"."
  }
}

variable "environment" {
  description = "The plain environment variables of the application. They can be read by whoever may describe the service."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for key in keys(var.environment) : can(regex("^[A-Za-z_][A-Za-z0-9_]*$", key)) && !startswith(key, "AWSAPPRUNNER")])
    error_message = "Each name must have letters, digits or \"_\", must not begin with a digit and must not begin with the reserved \"AWSAPPRUNNER\". Example: \"DATA_BUCKET\"."
  }

  validation {
    condition     = length(setintersection(keys(var.environment), keys(var.secrets))) == 0
    error_message = "A name must stand either in environment or in secrets, not in both. Example: environment = { LOG_LEVEL = \"info\" }, secrets = { API_KEY = \"<secret ARN>\" }."
  }
}

variable "health_check" {
  description = "The HTTP health check that decides whether an instance gets requests and whether a deployment succeeds."
  type = object({
    path                = optional(string, "/health")
    interval_seconds    = optional(number, 10)
    timeout_seconds     = optional(number, 5)
    healthy_threshold   = optional(number, 1)
    unhealthy_threshold = optional(number, 5)
  })
  default  = {}
  nullable = false

  validation {
    condition     = startswith(var.health_check.path, "/")
    error_message = "The path must begin with \"/\". Example: \"/health\"."
  }

  validation {
    condition = alltrue([for number in [
      var.health_check.interval_seconds,
      var.health_check.timeout_seconds,
      var.health_check.healthy_threshold,
      var.health_check.unhealthy_threshold,
    ] : number >= 1 && number <= 20 && floor(number) == number])
    error_message = "Seconds and thresholds must be whole numbers from 1 to 20. Example: { interval_seconds = 10, timeout_seconds = 5 }."
  }
}

variable "port" {
  description = "The port on which the application listens."
  type        = number
  default     = 8000
  nullable    = false

  validation {
    condition     = var.port >= 1 && var.port <= 65535 && floor(var.port) == var.port
    error_message = "The port must be a whole number from 1 to 65535. Example: 8000."
  }
}

variable "publicly_accessible" {
  description = "If set to true, the service answers on the internet. If set to false, it answers only through a VPC ingress connection."
  type        = bool
  default     = true
  nullable    = false
}

variable "scaling" {
  description = "How many instances run, and how many requests one of them gets at a time before the next one starts."
  type = object({
    max_concurrency = optional(number, 100)
    max_instances   = optional(number, 2)
    min_instances   = optional(number, 1)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.scaling.max_concurrency >= 1 && var.scaling.max_concurrency <= 200 && floor(var.scaling.max_concurrency) == var.scaling.max_concurrency
    error_message = "max_concurrency must be a whole number from 1 to 200. Example: 100."
  }

  validation {
    condition = (
      var.scaling.min_instances >= 1 && var.scaling.min_instances <= var.scaling.max_instances && var.scaling.max_instances <= 25
      && floor(var.scaling.min_instances) == var.scaling.min_instances && floor(var.scaling.max_instances) == var.scaling.max_instances
    )
    error_message = "min_instances and max_instances must be whole numbers from 1 to 25, the first not above the second. Example: { min_instances = 1, max_instances = 4 }."
  }
}

variable "secrets" {
  description = "The environment variables whose values come from Secrets Manager or SSM, by name of the variable. App Runner reads them when it deploys, with the instance role."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for key in keys(var.secrets) : can(regex("^[A-Za-z_][A-Za-z0-9_]*$", key)) && !startswith(key, "AWSAPPRUNNER")])
    error_message = "Each name must have letters, digits or \"_\", must not begin with a digit and must not begin with the reserved \"AWSAPPRUNNER\". Example: \"API_KEY\"."
  }

  validation {
    condition     = alltrue([for arn in values(var.secrets) : can(regex("^arn:[a-z-]+:(secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:|ssm:[a-z0-9-]+:[0-9]{12}:parameter/).+$", arn))])
    error_message = "Each value must be the ARN of a secret or an SSM parameter, never the secret itself. Example: \"arn:aws:secretsmanager:eu-west-1:123456789012:secret:trending-now/staging/api-key-a1B2c3\"."
  }
}

variable "size" {
  description = "The size of one instance: `cpu` in units of 1/1024 vCPU and `memory` in MB."
  type = object({
    cpu    = optional(number, 1024)
    memory = optional(number, 2048)
  })
  default  = {}
  nullable = false

  validation {
    condition = contains([
      "256/512", "256/1024", "512/1024",
      "1024/2048", "1024/3072", "1024/4096",
      "2048/4096", "2048/6144",
      "4096/8192", "4096/10240", "4096/12288",
    ], "${var.size.cpu}/${var.size.memory}")
    error_message = "App Runner knows these pairs of cpu/memory: 256/512, 256/1024, 512/1024, 1024/2048, 1024/3072, 1024/4096, 2048/4096, 2048/6144, 4096/8192, 4096/10240, 4096/12288. Example: { cpu = 1024, memory = 2048 }."
  }
}

variable "tags" {
  description = "Tags of the service alone, such as the release that it runs."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "tracing_enabled" {
  description = "If set to true, App Runner collects the application's traces for X-Ray."
  type        = bool
  default     = false
  nullable    = false
}

variable "vpc_connector" {
  description = "The VPC connector through which all outgoing traffic of the application goes, or null for the internet. Calls to AWS services then need endpoints or a NAT gateway."
  type        = object({ arn = string })
  default     = null

  validation {
    condition     = var.vpc_connector == null ? true : can(regex("^arn:[a-z-]+:apprunner:[a-z0-9-]+:[0-9]{12}:vpcconnector/.+$", var.vpc_connector.arn))
    error_message = "The connector must be given by its ARN. Example: \"arn:aws:apprunner:eu-west-1:123456789012:vpcconnector/trending-now/1/0123456789abcdef0123456789abcdef\"."
  }
}
