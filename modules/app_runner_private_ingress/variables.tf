# ------------------------------------------------------------------------------
# REQUIRED
# ------------------------------------------------------------------------------

variable "name" {
  description = "The name of the connection and of its VPC endpoint; its security group begins with it."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9_-]{3,39}$", var.name)) && !startswith(var.name, "sg-")
    error_message = "The name must have 4 to 40 letters, digits, \"_\" or \"-\", begin with a letter or digit and not with \"sg-\". Example: \"trending-now-staging\"."
  }
}

variable "service_arn" {
  description = "The ARN of the App Runner service, which must not be publicly accessible."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:apprunner:[a-z0-9-]+:[0-9]{12}:service/.+$", var.service_arn))
    error_message = "The service must be given by its ARN. Example: the output `arn` of the module `app_runner_service`."
  }
}

variable "subnet_ids" {
  description = "The subnets in which clients reach the service, best one in each of two or more zones."
  type        = set(string)
  nullable    = false

  validation {
    condition     = length(var.subnet_ids) >= 1
    error_message = "At least one subnet is needed. Example: [aws_subnet.a.id, aws_subnet.b.id]."
  }
}

variable "vpc_id" {
  description = "The VPC of the subnets."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^vpc-[0-9a-f]+$", var.vpc_id))
    error_message = "The VPC must be given by its id. Example: \"vpc-0123456789abcdef0\"."
  }
}

# ------------------------------------------------------------------------------
# OPTIONAL
# ------------------------------------------------------------------------------

variable "allowed_cidr_blocks" {
  description = "The IPv4 ranges of the clients that may call the service, by a name of the caller's choice."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for key in keys(var.allowed_cidr_blocks) : can(regex("^[a-z][a-z0-9_]*$", key))])
    error_message = "Each key must be snake_case, because it becomes the description of a rule. Example: \"office\"."
  }

  validation {
    condition     = alltrue([for block in values(var.allowed_cidr_blocks) : can(cidrnetmask(block)) && !endswith(block, "/0")])
    error_message = "Each value must be an IPv4 range and not all addresses. Example: \"10.0.0.0/16\"."
  }
}

variable "allowed_security_group_ids" {
  description = "The security groups of the clients that may call the service, by a name of the caller's choice. Without any client nobody can."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for key in keys(var.allowed_security_group_ids) : can(regex("^[a-z][a-z0-9_]*$", key))])
    error_message = "Each key must be snake_case, because it becomes the description of a rule. Example: \"batch_jobs\"."
  }

  validation {
    condition     = alltrue([for id in values(var.allowed_security_group_ids) : can(regex("^sg-[0-9a-f]+$", id))])
    error_message = "Each value must be the id of a security group. Example: \"sg-0123456789abcdef0\"."
  }
}
